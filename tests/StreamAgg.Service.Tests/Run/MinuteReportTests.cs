using Microsoft.Extensions.Logging;
using StreamAgg.Service.Run;
using StreamAgg.Service.Tests.Http;
using Xunit;

namespace StreamAgg.Service.Tests.Run;

public class MinuteReportTests
{
    private readonly FixedReports reports = new();
    private readonly RecordedLines log = new();

    private MinuteReport Report => new(reports, TimeProvider.System, log);

    [Fact]
    public async Task The_line_says_how_many_events_of_how_many_were_refused_and_why()
    {
        await Report.SayAsync(TestContext.Current.CancellationToken);

        Assert.EndsWith("refused 2 of 7 events read in the last hour: malformed_json 2", Assert.Single(log.Lines).Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_that_fails_in_a_way_that_nobody_foresaw_is_a_line_and_not_the_end()
    {
        reports.Fault = new InvalidOperationException("nobody foresaw it");
        await Report.SayAsync(TestContext.Current.CancellationToken);
        reports.Fault = null;
        await Report.SayAsync(TestContext.Current.CancellationToken);

        Assert.Equal([LogLevel.Error, LogLevel.Information], log.Lines.Select(line => line.Level));
    }

    [Fact]
    public async Task Told_to_stop_it_ends_without_a_word()
    {
        using var stop = new CancellationTokenSource();
        var running = Report.RunAsync(stop.Token);
        await stop.CancelAsync();
        await running;

        Assert.Empty(log.Lines);
    }
}
