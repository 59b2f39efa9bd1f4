using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Recounts;
using Xunit;

namespace StreamAgg.Service.Tests.Recounts;

/// <summary>A replay judges each event in its place: what was none in its record is none when it stands alone.</summary>
public sealed class LetterEventsTests
{
    private const string Good = """{"platform":"a"}""";

    private readonly LetterEvents events = new(new PipelineOptions());

    [Theory]
    [InlineData($" {Good}\n", 1)]
    [InlineData($"[{Good},{Good}]", 0)]
    [InlineData($"[{Good}]", 0)]
    [InlineData($"{Good} {Good}", 0)]
    [InlineData("[]", 0)]
    [InlineData("5", 0)]
    [InlineData("", 0)]
    public void In_the_place_of_one_event_one_object_counts_or_nothing(string value, int accepted)
    {
        Assert.Equal(Enumerable.Repeat(3, accepted), events.Judge(Letter(value, place: 3)).Select(one => one.EventIndex));
        Assert.Equal(accepted == 1 ? [] : [KeyValuePair.Create(RefusalReason.NotAnObject, 1L)], events.Refused);
    }

    [Fact]
    public void An_array_within_a_record_stays_none_where_the_others_are_judged_again()
    {
        var accepted = events.Judge(Letter($"[[{Good},{Good}],{Good}] {Good}", place: null));

        Assert.Equal([1, 2], accepted.Select(one => one.EventIndex));
        Assert.Equal(1, events.Refused[RefusalReason.NotAnObject]);
    }

    private static DeadLetter Letter(string value, int? place) => new()
    {
        Topic = "t",
        Partition = 0,
        Offset = 7,
        EventIndex = place,
        Reason = "",
        Detail = "",
        Time = "",
        Kind = "usage",
        RecordTimestampMilliseconds = 1_767_608_430_000,
        Value = Encoding.UTF8.GetBytes(value),
    };
}
