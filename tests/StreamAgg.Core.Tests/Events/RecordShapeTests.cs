using System.Text;
using StreamAgg.Core.Events;

namespace StreamAgg.Core.Tests.Events;

public sealed class RecordShapeTests
{
    private static string Labels(Decoding decoding) => string.Join(',', decoding.Accepted.Select(e => e.Label));

    [Theory]
    [InlineData("""{"platform":"a"}""", "a")]
    [InlineData(" \t\r\n{\"platform\":\"a\"} \n", "a")]
    [InlineData("""[{"platform":"a"},{"platform":"b"}]""", "a,b")]
    [InlineData("""{"platform":"a"} {"platform":"b"}""", "a,b")]
    [InlineData("{\"platform\":\"a\"}\n{\"platform\":\"b\"}\r\n\t{\"platform\":\"c\"}\n", "a,b,c")]
    [InlineData("""{"platform":"a"}{"platform":"b"}""", "a,b")]
    [InlineData("""[{"platform":"a"}] {"platform":"b"} [] [{"platform":"c"},{"platform":"d"}]""", "a,b,c,d")]
    public void A_record_holds_one_event_or_several(string json, string labels)
    {
        Decoding decoding = Decoding.Usage(json);
        Assert.Empty(decoding.Refused);
        Assert.Equal(labels, Labels(decoding));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData(" [ ] ")]
    [InlineData("[] []")]
    public void An_empty_array_at_the_top_is_no_event(string json)
    {
        Decoding decoding = Decoding.Usage(json);
        Assert.Empty(decoding.Accepted);
        Assert.Empty(decoding.Refused);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\r\n\t")]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("{}}")]
    [InlineData("{},{}")]
    [InlineData("[{}")]
    [InlineData("[{},]")]
    [InlineData("[{}{}]")]
    [InlineData("{} x")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{a:1}")]
    [InlineData("{'a':1}")]
    [InlineData("{\"a\":01}")]
    [InlineData("{\"a\":+1}")]
    [InlineData("{\"a\":.5}")]
    [InlineData("{\"a\":5.}")]
    [InlineData("{\"a\":1e}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"a\":Infinity}")]
    [InlineData("{\"a\":tru}")]
    [InlineData("{\"a\":True}")]
    [InlineData("{\"a\":\"\\x\"}")]
    [InlineData("{\"a\":\"\\u12G4\"}")]
    [InlineData("{\"a\":\"line\nbreak\"}")]
    [InlineData("{\"a\":\"nul\0\"}")]
    [InlineData("{\"a\":1} // comment")]
    [InlineData("{\"a\":/* comment */1}")]
    [InlineData("\uFEFF{}")]
    [InlineData("{}\uFEFF")]
    [InlineData("{}\u00A0")]
    [InlineData("{}\0")]
    public void A_record_that_is_not_well_formed_to_its_end_is_refused_whole(string json)
    {
        Decoding decoding = Decoding.Usage(json);
        Assert.Equal(RefusalReason.MalformedJson, decoding.OnlyReason);
        Assert.Equal(Refusal.WholeRecord, decoding.Refused[0].EventIndex);
        Assert.Equal((0, Encoding.UTF8.GetByteCount(json)), (decoding.Refused[0].Start, decoding.Refused[0].Length));
    }

    [Theory]
    [InlineData("""{"platform":"a"} [{"platform":"b"},5,{"platform":1}] {"x":""")]
    [InlineData("""[{"platform":"a"},{"platform":"b"}""")]
    public void Nothing_counts_of_a_record_that_ends_badly(string json) =>
        Assert.Equal(RefusalReason.MalformedJson, Decoding.Usage(json).OnlyReason);

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC3 })]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF5, 0x80, 0x80, 0x80 })]
    public void Bytes_that_are_not_UTF_8_make_the_record_malformed_in_ignored_fields_too(byte[] bytes)
    {
        byte[] value = [.. "{\"model\":\""u8, .. bytes, .. "\"}"u8];
        Decoding decoding = Decoding.Of(EventKind.Usage, value);
        Assert.Equal(RefusalReason.MalformedJson, decoding.OnlyReason);
        Assert.Equal("not UTF-8 at byte 10", decoding.Refused[0].Detail);
        value = [.. "{\""u8, .. bytes, .. "\":1}"u8];
        Assert.Equal(RefusalReason.MalformedJson, Decoding.Of(EventKind.Error, value).OnlyReason);
    }

    [Theory]
    [InlineData("[", "]", "{}", 63)]
    [InlineData("{\"a\":", "}", "1", 64)]
    public void Values_lie_within_each_other_up_to_64_deep(string open, string close, string innermost, int levels)
    {
        string Nested(int depth) => string.Concat(Enumerable.Repeat(open, depth)) + innermost + string.Concat(Enumerable.Repeat(close, depth));
        Assert.DoesNotContain(RefusalReason.MalformedJson, Decoding.Usage(Nested(levels)).Reasons);
        Assert.Equal(RefusalReason.MalformedJson, Decoding.Usage(Nested(levels + 1)).OnlyReason);
    }

    [Fact]
    public void The_array_around_the_events_is_one_of_the_64_levels()
    {
        string Record(int depth) => "[{\"platform\":null,\"a\":" + new string('[', depth) + new string(']', depth) + "}]";
        Assert.Single(Decoding.Usage(Record(62)).Accepted);
        Assert.Equal(RefusalReason.MalformedJson, Decoding.Usage(Record(63)).OnlyReason);
    }

    [Fact]
    public void A_record_of_exactly_1_MiB_is_read_and_one_byte_more_is_too_large()
    {
        string Record(int bytes) => "{\"platform\":\"a\",\"x\":\"" + new string('x', bytes - 23) + "\"}";
        Assert.Equal(1_048_576, Record(1_048_576).Length);
        Assert.Equal("a", Decoding.Usage(Record(1_048_576)).Only.Label);

        Decoding large = Decoding.Usage(Record(1_048_577));
        Assert.Equal(RefusalReason.TooLarge, large.OnlyReason);
        Assert.Equal(Refusal.WholeRecord, large.Refused[0].EventIndex);
        Assert.Equal((0, 1_048_577), (large.Refused[0].Start, large.Refused[0].Length));
    }

    [Fact]
    public void A_large_record_that_is_malformed_is_malformed_first()
    {
        Assert.Equal(RefusalReason.MalformedJson, Decoding.Usage(new string(' ', 1_048_577)).OnlyReason);
        Assert.Equal(RefusalReason.MalformedJson, Decoding.Usage("{\"x\":\"" + new string('x', 1_048_577)).OnlyReason);
        Assert.Equal(RefusalReason.MalformedJson, Decoding.Usage(new string(' ', 1_048_577) + "{}}").OnlyReason);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData(" -1.5e3 ")]
    public void A_scalar_at_the_top_is_not_an_object_and_all_of_the_record(string json)
    {
        Decoding decoding = Decoding.Usage(json);
        Assert.Equal(RefusalReason.NotAnObject, decoding.OnlyReason);
        Assert.Equal(new Refusal(0, RefusalReason.NotAnObject, decoding.Refused[0].Detail, 0, json.Length), decoding.Refused[0]);
    }

    [Fact]
    public void What_is_no_object_takes_no_neighbour_along()
    {
        Decoding decoding = Decoding.Usage("""[{"platform":"a"},null,[{"platform":"x"}],{"platform":"b"},[],7] "s" {"platform":"c"}""");
        Assert.Equal("a,b,c", Labels(decoding));
        Assert.All(decoding.Reasons, reason => Assert.Equal(RefusalReason.NotAnObject, reason));
        Assert.Equal([1, 2, 4, 5, 6], decoding.Refused.Select(refusal => refusal.EventIndex));
    }

    [Fact]
    public void A_refused_event_among_others_is_given_with_its_own_bytes()
    {
        const string json = """[{"platform":"a"}, {"platform":{},"é":[{}]} ,[1, 2], null] {"x":-1}""";
        byte[] value = Encoding.UTF8.GetBytes(json);
        Decoding decoding = Decoding.Usage(json);
        Assert.Equal("a", Labels(decoding));
        Assert.Equal(
            ["""{"platform":{},"é":[{}]}""", "[1, 2]", "null", """{"x":-1}"""],
            decoding.Refused.Select(refusal => Encoding.UTF8.GetString(value, refusal.Start, refusal.Length)));
        Assert.Equal([1, 2, 3, 4], decoding.Refused.Select(refusal => refusal.EventIndex));
    }

    [Fact]
    public void A_refused_event_that_is_the_whole_record_is_given_with_all_its_bytes()
    {
        Refusal refusal = Assert.Single(Decoding.Usage(" {\"platform\":{}}\n").Refused);
        Assert.Equal((0, 0, 17), (refusal.EventIndex, refusal.Start, refusal.Length));
        // In an array it is one of several, even where it is alone.
        refusal = Assert.Single(Decoding.Usage(" [{\"platform\":{}}]\n").Refused);
        Assert.Equal((0, 2, 15), (refusal.EventIndex, refusal.Start, refusal.Length));
    }

    [Fact]
    public void Up_to_a_hundred_refused_events_are_given_one_by_one()
    {
        Decoding decoding = Decoding.Usage("[" + string.Join(',', Enumerable.Repeat("0", 100)) + "]");
        Assert.Equal(Enumerable.Range(0, 100), decoding.Refused.Select(refusal => refusal.EventIndex));
        Assert.All(decoding.Refused, refusal => Assert.Equal((1, 1), (refusal.Events, refusal.Length)));
    }

    [Fact]
    public void Over_a_hundred_are_given_once_a_reason_with_their_number_and_the_first_of_them()
    {
        string json = "[" + string.Join(',', Enumerable.Repeat("""0,{"x":1},{"platform":"a"},{"platform":{}},{"platform":"\u0000"}""", 25)) + ",0,{\"created_at\":\"?\"}]";
        Decoding decoding = Decoding.Usage(json);
        Assert.Equal(25, decoding.Accepted.Count);
        Assert.Equal(
            [(0, "not_an_object", 26), (1, "unknown_shape", 25), (3, "bad_field:platform", 25), (4, "bad_platform", 25), (126, "bad_field:created_at", 1)],
            decoding.Refused.Select(refusal => (refusal.EventIndex, refusal.Reason, refusal.Events)));
        Assert.All(decoding.Refused, refusal => Assert.Equal((0, json.Length), (refusal.Start, refusal.Length)));
        Assert.All(decoding.Refused, refusal => Assert.NotEmpty(refusal.Detail));
    }

    [Fact]
    public void Half_a_million_refused_events_take_no_more_memory_than_a_hundred()
    {
        byte[] record = Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Repeat("0", 524_000)) + "]");
        var decoder = new EventDecoder(Decoding.MaxFuture);
        decoder.Decode(EventKind.Usage, record, Decoding.RecordTimestamp);
        Assert.Equal(524_000, decoder.RefusedEvents);
        long before = GC.GetAllocatedBytesForCurrentThread();
        decoder.Decode(EventKind.Usage, record, Decoding.RecordTimestamp);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);
        Refusal all = Assert.Single(decoder.Refused.ToArray());
        Assert.Equal(new Refusal(0, RefusalReason.NotAnObject, all.Detail, 0, record.Length, 524_000) { Places = all.Places }, all);
        Assert.Equal("0-523999", all.Places!.ToString());
    }

    [Theory]
    [InlineData(300, true)]
    [InlineData(2100, false)]
    public void Where_over_a_hundred_are_refused_their_places_are_told_unless_they_lie_in_over_a_thousand_pieces(int events, bool isTold)
    {
        byte[] record = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, events).Select(i => i % 2 == 0 ? """{"platform":"a"}""" : "0"))},0,0]");
        var decoder = new EventDecoder(Decoding.MaxFuture);
        decoder.Decode(EventKind.Usage, record, Decoding.RecordTimestamp);
        string places = Assert.Single(decoder.Refused.ToArray()).Places!.ToString();
        Assert.Equal(isTold, places.Length > 0);
        if (!isTold)
            return;
        Assert.EndsWith("297,299-301", places, StringComparison.Ordinal);
        EventPlaces read = EventPlaces.TryParse(places)!;
        Assert.Equal(Enumerable.Range(0, events + 2).Where(i => i % 2 == 1 || i == events), Enumerable.Range(0, events + 2).Where(read.Contains));
    }

    [Theory]
    [InlineData("1,x")]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("5-3")]
    [InlineData("3,3")]
    [InlineData("3-5,5")]
    [InlineData("7,1-2")]
    [InlineData("2147483648")]
    [InlineData("0-2147483647")]
    public void Places_that_nobody_writes_are_none(string text) => Assert.Null(EventPlaces.TryParse(text));

    [Fact]
    public void No_more_places_are_read_than_are_written()
    {
        string thousand = string.Join(',', Enumerable.Range(0, 1000).Select(place => place * 2));
        Assert.Equal(thousand, EventPlaces.TryParse(thousand)!.ToString());
        Assert.Null(EventPlaces.TryParse(thousand + ",2000"));
    }

    [Fact]
    public void Ten_thousand_events_in_one_record_all_count()
    {
        string json = "[" + string.Join(',', Enumerable.Range(0, 10_000).Select(i => $$"""{"platform":"p{{i % 7}}","duration_ms":{{i}}}""")) + "]";
        Decoding decoding = Decoding.Usage(json);
        Assert.Empty(decoding.Refused);
        Assert.Equal(10_000, decoding.Accepted.Count);
        Assert.All(decoding.Accepted.Index(), e => Assert.Equal(($"p{e.Index % 7}", e.Index * 1000L), (e.Item.Label, e.Item.DurationMicros)));
    }

    [Fact]
    public void A_decoder_forgets_the_record_before()
    {
        var decoder = new EventDecoder(Decoding.MaxFuture);
        Decoding.Of(decoder, EventKind.Usage, Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Repeat("""{"platform":"\u0061"},1""", 40_000)) + "]"), 0);
        Decoding after = Decoding.Of(decoder, EventKind.Error, """{"platform":"b"}"""u8, Decoding.RecordTimestamp);
        Assert.Equal(new Counted(Decoding.RecordTime, "b", DecodedEvent.NoDuration, StatusClass.Other, false, true), after.Only);
        Assert.Equal(RefusalReason.MalformedJson, Decoding.Of(decoder, EventKind.Error, default, null).OnlyReason);
    }
}
