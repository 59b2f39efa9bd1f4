using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Reports;
using Xunit;

namespace StreamAgg.Service.Tests.Reports;

public class EventFiguresTests
{
    [Fact]
    public void The_commonest_reasons_come_first_and_the_others_are_counted()
    {
        var figures = new EventFigures(
        [
            new EventTotal("accepted", "", 1000, 0), new EventTotal("refused", "bad_platform", 1, 1), new EventTotal("refused", "malformed_json", 7, 2),
            new EventTotal("refused", "too_old", 900, 3), new EventTotal("refused", "in_future", 5, 0), new EventTotal("refused", "not_an_object", 9, 9),
        ]);

        Assert.Equal("15 of 15 events read in the last hour: not_an_object 9, too_old 3, malformed_json 2 and 1 more reasons", figures.LastHourText());
        Assert.Equal("922 of 1922 events read since the first: too_old 900, not_an_object 9, malformed_json 7 and 2 more reasons", figures.EverText());
    }

    [Fact]
    public void Where_nothing_was_refused_it_says_of_how_many() =>
        Assert.Equal("none of 12 events read in the last hour", new EventFigures([new EventTotal("accepted", "", 20, 12)]).LastHourText());
}
