using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Shapes;
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
    [InlineData($"\0\0\0\0\u0011 {Good}", 1)]
    [InlineData($"\0\0\0\0\u0011[{Good}]", 0)]
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

    [Fact]
    public void A_record_in_a_schema_registrys_frame_is_judged_again_event_by_event()
    {
        var accepted = events.Judge(Letter($"\0\0\0\0\u0011[{Good},5] {Good}", place: null));

        Assert.Equal([0, 2], accepted.Select(one => one.EventIndex));
        Assert.Equal(1, events.Refused[RefusalReason.NotAnObject]);
    }

    [Fact]
    public void An_envelope_counts_once_a_mapping_says_where_its_event_is_and_is_skipped_where_there_is_none()
    {
        LetterEvents mapped = Mapped("payload");
        Assert.Equal([3], mapped.Judge(Letter($$"""{"payload":{{Good}}}""", place: 3)).Select(one => one.EventIndex));
        Assert.Empty(mapped.Judge(Letter("""{"payload":null}""", place: 3)));
        Assert.Equal([KeyValuePair.Create("skipped", 1L)], mapped.Refused);
    }

    [Theory]
    [InlineData(null, null, 1, new[] { 0, 2 })]
    [InlineData(0, null, 1, new[] { 0, 2 })]
    [InlineData(0, "0,1", 2, new[] { 0 })]
    [InlineData(2, "2", 1, new[] { 2 })]
    public void Of_a_value_that_holds_several_events_those_count_that_the_letter_stands_for(int? place, string? places, int count, int[] accepted)
    {
        LetterEvents mapped = Mapped("spans[]");
        DeadLetter letter = Letter($$$"""{"spans":[{{{Good}}},{"platform":true},{{{Good}}}]}""", place) with
        {
            Places = places is null ? null : EventPlaces.TryParse(places),
            Events = count,
            Reason = "bad_field:platform",
        };
        Assert.Equal(accepted, mapped.Judge(letter).Select(one => one.EventIndex));
        Assert.Equal(Math.Max(0, count - accepted.Length), mapped.Refused.GetValueOrDefault("bad_field:platform"));
    }

    private static LetterEvents Mapped(string root) => new(new PipelineOptions
    {
        Events = new EventOptions { Shapes = new Dictionary<EventKind, EventShape> { [EventKind.Usage] = new() { Root = ShapePath.TryParse(root) } } },
    });

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
