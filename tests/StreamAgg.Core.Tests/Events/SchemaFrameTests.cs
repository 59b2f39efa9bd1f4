using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Core.Tests.Events;

/// <summary>Records as a schema registry's serializers frame them.</summary>
public sealed class SchemaFrameTests
{
    /// <summary>An id of bytes that are not UTF-8.</summary>
    private static readonly byte[] Frame = [0, 0xFF, 0xC3, 0x28, 0x00];

    private static byte[] Framed(string json) => [.. Frame, .. Encoding.UTF8.GetBytes(json)];

    [Theory]
    [InlineData("""{"platform":"a","duration_ms":1}""", 1)]
    [InlineData(" \n{\"platform\":\"é\"}\t", 1)]
    [InlineData("""[{"platform":"a"},{"platform":"b"}] {"platform":"c"}""", 3)]
    [InlineData("[]", 0)]
    public void Behind_the_frame_a_record_is_read_as_without(string json, int events)
    {
        Decoding framed = Decoding.Of(EventKind.Usage, Framed(json));
        Assert.Empty(framed.Refused);
        Assert.Equal(events, framed.Accepted.Count);
        Assert.Equal(Decoding.Usage(json).Accepted, framed.Accepted);
    }

    [Fact]
    public void What_is_refused_among_others_has_its_own_bytes_and_what_is_alone_the_frame_too()
    {
        byte[] record = Framed("""[{"platform":"a"},{"platform":{}}, 5]""");
        Decoding decoding = Decoding.Of(EventKind.Usage, record);
        Assert.Single(decoding.Accepted);
        Assert.Equal(["""{"platform":{}}""", "5"], decoding.Refused.Select(refusal => Encoding.UTF8.GetString(record, refusal.Start, refusal.Length)));
        Assert.Equal([1, 2], decoding.Refused.Select(refusal => refusal.EventIndex));

        record = Framed("""{"platform":{}}""");
        Refusal alone = Assert.Single(Decoding.Of(EventKind.Usage, record).Refused);
        Assert.Equal((0, 0, record.Length), (alone.EventIndex, alone.Start, alone.Length));

        record = Framed("[" + string.Join(',', Enumerable.Repeat("0", 101)) + "]");
        Refusal all = Assert.Single(Decoding.Of(EventKind.Usage, record).Refused);
        Assert.Equal((101, 0, record.Length), (all.Events, all.Start, all.Length));
    }

    [Fact]
    public void A_mapping_begins_behind_it()
    {
        var decoder = new EventDecoder(Decoding.MaxFuture, new EventOptions
        {
            Shapes = new Dictionary<EventKind, EventShape> { [EventKind.Usage] = new() { Root = ShapePath.TryParse("payload") } },
        });
        byte[] record = Framed("""{"payload":{"platform":"a"}} {"payload":null} {"payload":5}""");
        Decoding decoding = Decoding.Of(decoder, EventKind.Usage, record, Decoding.RecordTimestamp);
        Assert.Equal("a", Assert.Single(decoding.Accepted).Label);
        Assert.Equal(1, decoding.Skipped);
        Refusal refused = Assert.Single(decoding.Refused);
        Assert.Equal("""{"payload":5}""", Encoding.UTF8.GetString(record, refused.Start, refused.Length));
    }

    [Theory]
    [InlineData(new byte[0], "the record has no value, or white space alone")]
    [InlineData(new byte[] { 0, 2, 4 }, "'0x00' is an invalid start of a value")]
    [InlineData(new byte[] { (byte)'{', 0xFF }, "not UTF-8 at byte 6")]
    [InlineData(new byte[] { (byte)'{', (byte)'}', 0 }, "'0x00' is")]
    public void What_is_no_JSON_behind_it_is_refused_whole_with_the_schemas_number(byte[] behind, string detail)
    {
        byte[] record = [0, 0, 0, 1, 2, .. behind];
        Refusal refusal = Assert.Single(Decoding.Of(EventKind.Usage, record).Refused);
        Assert.Equal((Refusal.WholeRecord, RefusalReason.MalformedJson, 0, record.Length), (refusal.EventIndex, refusal.Reason, refusal.Start, refusal.Length));
        Assert.StartsWith("behind the frame of schema 258, where JSON is read and no other format: " + detail, refusal.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 1 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, (byte)'{', (byte)'}' })]
    [InlineData(new byte[] { (byte)' ', 0, 0, 0, 0, 1, (byte)'{', (byte)'}' })]
    public void What_only_looks_like_a_frame_is_none(byte[] record)
    {
        Decoding decoding = Decoding.Of(EventKind.Usage, record);
        Assert.Equal(RefusalReason.MalformedJson, decoding.OnlyReason);
        Assert.DoesNotContain("frame", decoding.OnlyDetail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_frame_is_part_of_what_a_record_may_hold()
    {
        string json = "{\"platform\":\"" + new string(' ', EventDecoder.MaxRecordBytes - 21) + "a\"}";
        Assert.Equal(EventDecoder.MaxRecordBytes, Framed(json).Length);
        Assert.Equal("a", Decoding.Of(EventKind.Usage, Framed(json)).Only.Label);
        Assert.Equal(RefusalReason.TooLarge, Decoding.Of(EventKind.Usage, Framed(json + " ")).OnlyReason);
    }
}
