using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Core.Tests.Events;

public sealed class MappedEventTests
{
    private const string Whole = """{"platform":"a","duration_ms":1}""";
    private static readonly Counted Event = new(Decoding.RecordTime, "a", 1000, StatusClass.Other, false);

    [Theory]
    [InlineData("""{"payload":{"after":{"platform":"a","duration_ms":1}}}""")]
    [InlineData("""{"payload":{"before":{"platform":"b"},"op":"c","after":{"x":[{}],"platform":"a","duration_ms":1}},"platform":7}""")]
    [InlineData("""{"payload":"{\"after\":{\"platform\":\"a\",\"duration_ms\":1}}"}""")]
    [InlineData("""{"payload":{"after":" {\"platform\":\"\\u0061\",\"duration_ms\":1} \n"}}""")]
    [InlineData("""{"payload":"{\"after\":\"{\\\"platform\\\":\\\"a\\\",\\\"duration_ms\\\":1}\"}"}""")]
    [InlineData("""{"p\u0061yload":{"\u0061fter":{"pl\u0061tform":"a","duration_ms":1}}}""")]
    public void The_event_lies_where_the_root_says(string json) => Assert.Equal(Event, Decode("payload.after", json).Only);

    [Theory]
    [InlineData("""{"payload":{"after":{"platform":"b"},"after":{"platform":"a","duration_ms":1}}}""")]
    [InlineData("""{"payload":{"after":{"duration_ms":true,"status":1}},"payload":{"after":{"platform":"a","duration_ms":1}}}""")]
    [InlineData("""{"payload":{"after":5,"after":{"platform":"b","platform":"a","duration_ms":1}}}""")]
    public void Of_a_name_given_twice_the_last_one_counts_on_the_way_too(string json) => Assert.Equal(Event, Decode("payload.after", json).Only);

    [Theory]
    [InlineData("""{"payload":{"after":null}}""")]
    [InlineData("""{"payload":{"before":{"platform":"a"}}}""")]
    [InlineData("""{"payload":null}""")]
    [InlineData("""{"payload":{"after":""}}""")]
    [InlineData("""{"payload":{"after":{"platform":"a"}},"payload":{"after":null}}""")]
    [InlineData("""{"payload":"{\"after\":null}"}""")]
    [InlineData("{}")]
    public void Where_nothing_is_at_the_root_there_is_no_event(string json)
    {
        Decoding decoding = Decode("payload.after", json);
        Assert.Empty(decoding.Accepted);
        Assert.Empty(decoding.Refused);
        Assert.Equal(1, decoding.Skipped);
    }

    [Theory]
    [InlineData("5", RefusalReason.NotAnObject)]
    [InlineData("""{"payload":5}""", RefusalReason.NotAnObject)]
    [InlineData("""{"payload":[{"after":{"platform":"a"}}]}""", RefusalReason.NotAnObject)]
    [InlineData("""{"payload":{"after":[]}}""", RefusalReason.NotAnObject)]
    [InlineData("""{"payload":{"after":true}}""", RefusalReason.NotAnObject)]
    [InlineData("""{"payload":{"after":"text"}}""", RefusalReason.NotAnObject)]
    [InlineData("""{"payload":"{\"after\":{\"platform\":\"a\"}} {}"}""", RefusalReason.NotAnObject)]
    [InlineData("""{"payload":"{\"after\":{\"platform\":\"a\"}"}""", RefusalReason.NotAnObject)]
    [InlineData("""{"payload":"{\"after\":{\"platform\":\"\ud83d\"}}"}""", RefusalReason.NotAnObject)]
    [InlineData("""{"payload":"{\"after\":{\"platform\":\"\\ud83d\"}}"}""", "bad_field:platform")]
    [InlineData("""{"payload":{"after":{}}}""", RefusalReason.UnknownShape)]
    [InlineData("""{"payload":{"after":{"model":"m"}},"platform":"a"}""", RefusalReason.UnknownShape)]
    [InlineData("""{"payload":{"after":{"platform":"a"}}} x""", RefusalReason.MalformedJson)]
    [InlineData("", RefusalReason.MalformedJson)]
    public void What_is_there_and_no_event_is_refused(string json, string reason) => Assert.Equal(reason, Decode("payload.after", json).OnlyReason);

    [Fact]
    public void An_unknown_shape_is_told_by_the_names_at_the_root() =>
        Assert.Equal("no field of a request's event stands in it, but model, cost", Decode("payload", """{"payload":"{\"model\":1,\"cost\":2}"}""").OnlyDetail);

    [Fact]
    public void A_tombstone_is_skipped_with_a_root_and_malformed_without()
    {
        var plain = new EventDecoder(Decoding.MaxFuture);
        plain.Decode(EventKind.Request, default, null, isTombstone: true);
        Assert.Equal(RefusalReason.MalformedJson, Assert.Single(plain.Refused.ToArray()).Reason);
        Assert.Equal(0, plain.Skipped);
        EventDecoder rooted = Decoder("payload.after");
        rooted.Decode(EventKind.Request, default, null, isTombstone: true);
        Assert.Equal((0, 1), (rooted.RefusedEvents, rooted.Skipped));
        rooted.Decode(EventKind.Usage, default, null, isTombstone: true);
        Assert.Equal((1, 0), (rooted.RefusedEvents, rooted.Skipped));
    }

    [Fact]
    public void Each_value_of_a_record_has_a_root_of_its_own()
    {
        Decoding decoding = Decode("e", """[{"e":{"platform":"a","duration_ms":1}},{"e":null},7,{"e":{"platform":true}}] {"e":{"platform":"a","duration_ms":1}}""");
        Assert.Equal([Event, Event], decoding.Accepted);
        Assert.Equal([(2, RefusalReason.NotAnObject), (3, "bad_field:platform")], decoding.Refused.Select(refusal => (refusal.EventIndex, refusal.Reason)));
        Assert.Equal(1, decoding.Skipped);
    }

    [Theory]
    [InlineData("""{"response":{"latency":1},"model":"a"}""")]
    [InlineData("""{"response":"{\"latency\":1}","model":"a","duration_ms":77,"platform":"mine"}""")]
    [InlineData("""{"response":{"latency":7},"response":{"latency":"1"},"model":"a"}""")]
    [InlineData("""{"re\u0073ponse":{"l\u0061tency":1.0},"model":"\u0061","group_platform":"g"}""")]
    public void A_field_lies_where_its_path_says_and_nowhere_else(string json) =>
        Assert.Equal(Event, Decode(null, json, (Field.DurationMs, "response.latency"), (Field.Platform, "model")).Only);

    [Theory]
    [InlineData("""{"response":{"latency":1},"response":{},"model":"a"}""")]
    [InlineData("""{"response":null,"model":"a"}""")]
    [InlineData("""{"response":"slow","model":"a"}""")]
    [InlineData("""{"response":"{\"latency\":1} 2","model":"a"}""")]
    [InlineData("""{"response":[{"latency":1}],"model":"a"}""")]
    public void A_path_that_leads_nowhere_is_a_field_that_is_missing(string json) =>
        Assert.Equal(Event with { DurationMicros = DecodedEvent.NoDuration }, Decode(null, json, (Field.DurationMs, "response.latency"), (Field.Platform, "model")).Only);

    [Fact]
    public void A_path_may_end_where_another_goes_on_and_two_may_end_at_the_same()
    {
        (Field, string)[] paths = [(Field.ErrorMessage, "error"), (Field.StatusCode, "error.code"), (Field.ErrorType, "error.kind"), (Field.Platform, "m"), (Field.GroupPlatform, "m")];
        Counted failed = Decode(null, """{"error":{"code":429,"kind":"x","text":"request timed out"},"m":"a"}""", paths).Only;
        Assert.Equal(new Counted(Decoding.RecordTime, "a", DecodedEvent.NoDuration, StatusClass.ClientError, true, true), failed);
    }

    [Theory]
    [InlineData("""{"tags":[{"key":"x","value":"b"},{"value":"a","key":"team"}]}""")]
    [InlineData("""{"tags":[{"key":"team","value":"b"},5,null,[],{"key":"team","value":"a"},{"key":{"team":1},"value":"b"}]}""")]
    [InlineData("""{"tags":[{"key":"x","key":"te\u0061m","value":"a"},{"key":"team","key":"x","value":"b"}]}""")]
    [InlineData("""{"tags":"[{\"key\":\"team\",\"value\":\"a\"}]"}""")]
    public void An_element_is_chosen_by_what_a_member_of_it_says(string json) =>
        Assert.Equal("a", Decode(null, json, (Field.Platform, "tags[key=team].value")).Only.Label);

    [Fact]
    public void A_root_may_lead_to_several_events_each_with_its_place()
    {
        const string json = """{"a":[{"b":[{"platform":"x"},{"platform":true},null]},{"b":null},{"b":[{"platform":"y"},3]}]}""";
        EventDecoder decoder = Decoder("a[].b[]");
        Decoding decoding = Decoding.Of(decoder, EventKind.Request, Encoding.UTF8.GetBytes(json), Decoding.RecordTimestamp);
        Assert.Equal(["x", "y"], decoding.Accepted.Select(e => e.Label));
        Assert.Equal(1, decoding.Skipped);
        Assert.Equal([0, 3], decoder.Accepted.ToArray().Select(e => e.Place));
        Assert.Equal([("bad_field:platform", "1"), (RefusalReason.NotAnObject, "4")], decoding.Refused.Select(refusal => (refusal.Reason, refusal.Places!.ToString())));
        Assert.All(decoding.Refused, refusal => Assert.Equal((0, json.Length), (refusal.Start, refusal.Length)));
    }

    [Theory]
    [InlineData("""{"a":[]}""", 1, 0)]
    [InlineData("""{"a":5}""", 0, 1)]
    [InlineData("""{"a":"[{\"platform\":\"x\"},{]"}""", 0, 1)]
    [InlineData("""{"a":"[{\"platform\":\"x\"}]"}""", 0, 0)]
    public void A_root_that_leads_to_nothing_is_skipped_or_refused_once(string json, int skipped, int refused)
    {
        Decoding decoding = Decode("a[]", json);
        Assert.Equal((skipped, refused, 1 - skipped - refused), (decoding.Skipped, decoding.Refused.Count, decoding.Accepted.Count));
    }

    [Fact]
    public void A_mapped_event_allocates_nothing_once_the_buffers_have_grown()
    {
        byte[] record =
            """{"payload":"{\"after\":{\"model\":\"\\u0061\",\"response\":{\"latency\":12.5,\"headers\":[{\"k\":\"x\"}]},\"tags\":[{\"key\":\"team\",\"value\":\"t\"}]}}"}"""u8.ToArray();
        EventDecoder decoder = Decoder("payload.after", (Field.DurationMs, "response.latency"), (Field.Platform, "model"), (Field.GroupPlatform, "tags[key=team].value"));
        long counted = 0, allocated = long.MaxValue;
        for (int round = 0; round < 20 && allocated > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                decoder.Decode(EventKind.Request, record, Decoding.RecordTimestamp);
                counted += decoder.Accepted.Length;
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
        Assert.Equal(0, counted % 100);
    }

    [Fact]
    public void Another_topic_s_shape_is_its_own()
    {
        EventDecoder decoder = Decoder("payload");
        Assert.Equal(Event, Decoding.Of(decoder, EventKind.Usage, Encoding.UTF8.GetBytes(Whole), Decoding.RecordTimestamp).Only);
        Assert.Equal(1, Decoding.Of(decoder, EventKind.Request, Encoding.UTF8.GetBytes(Whole), Decoding.RecordTimestamp).Skipped);
    }

    [Fact]
    public void What_another_topic_s_record_said_is_forgotten()
    {
        var shape = new EventShape { Root = ShapePath.TryParse("payload") };
        var decoder = new EventDecoder(Decoding.MaxFuture, new EventOptions { Shapes = new Dictionary<EventKind, EventShape> { [EventKind.Usage] = shape } });
        Assert.Equal("bad_field:status_code", Decoding.Of(decoder, EventKind.Error, """{"status_code":"x"}"""u8, Decoding.RecordTimestamp).OnlyReason);
        Assert.Equal(Event, Decoding.Of(decoder, EventKind.Usage, Encoding.UTF8.GetBytes($$"""{"payload":{{Whole}} }"""), Decoding.RecordTimestamp).Only);
    }

    private static Decoding Decode(string? root, string json, params (Field, string)[] fields) =>
        Decoding.Of(Decoder(root, fields), EventKind.Request, Encoding.UTF8.GetBytes(json), Decoding.RecordTimestamp);

    private static EventDecoder Decoder(string? root, params (Field Field, string Path)[] fields)
    {
        var shape = new EventShape
        {
            Root = root is null ? null : ShapePath.TryParse(root)!,
            Fields = fields.ToDictionary(field => field.Field, field => ShapePath.TryParse(field.Path)!),
        };
        return new EventDecoder(Decoding.MaxFuture, new EventOptions { Shapes = new Dictionary<EventKind, EventShape> { [EventKind.Request] = shape } });
    }
}
