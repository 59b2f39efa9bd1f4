using System.Text;
using StreamAgg.Core.Events;

namespace StreamAgg.Core.Tests.Events;

public sealed class DecoderAgreementTests
{
    [Theory]
    [InlineData(EventKind.Usage, 1, TimeUnit.Milliseconds, LabelCase.Keep)]
    [InlineData(EventKind.Usage, 2, TimeUnit.Seconds, LabelCase.Lower)]
    [InlineData(EventKind.Usage, 3, TimeUnit.Microseconds, LabelCase.Keep)]
    [InlineData(EventKind.Error, 4, TimeUnit.Milliseconds, LabelCase.Keep)]
    [InlineData(EventKind.Error, 5, TimeUnit.Nanoseconds, LabelCase.Lower)]
    [InlineData(EventKind.Request, 6, TimeUnit.Milliseconds, LabelCase.Keep)]
    [InlineData(EventKind.Request, 7, TimeUnit.Seconds, LabelCase.Lower)]
    public void The_decoder_agrees_with_a_naive_reading_of_the_contract(EventKind kind, int seed, TimeUnit unit, LabelCase labelCase)
    {
        var generator = new RecordGenerator(seed);
        var options = new EventOptions { TimeUnit = unit, DurationUnit = unit, LabelCase = labelCase, MaxDuration = TimeSpan.FromMinutes(seed) };
        var decoder = new EventDecoder(Decoding.MaxFuture, options);
        var leftOut = new DurationsLeftOut();
        int collapsed = 0;
        int accepted = 0;
        var reasons = new HashSet<string>();
        for (int i = 0; i < 8000; i++)
        {
            byte[] record = generator.Next();
            long? timestamp = (i % 10) switch { 0 => null, 1 => 0, _ => Decoding.RecordTimestamp };
            Decoding expected = NaiveDecoder.Decode(kind, record, timestamp, options);
            Decoding actual = Decoding.Of(decoder, kind, record, timestamp);
            string context = $"seed {seed}, record {i}: {Encoding.UTF8.GetString(record)}";
            Assert.True(expected.Accepted.SequenceEqual(actual.Accepted), context);
            Assert.True(expected.Refused.Select(Essence).SequenceEqual(actual.Refused.Select(Essence)), context);
            Assert.True(expected.LeftOut == actual.LeftOut, context);
            leftOut += actual.LeftOut;
            collapsed += actual.Refused.Any(refusal => refusal.Events > 1) ? 1 : 0;
            accepted += actual.Accepted.Count;
            reasons.UnionWith(actual.Reasons);
        }
        // The generator must not have gone astray: everything that can happen has happened.
        Assert.True(accepted > 2000, $"{accepted} accepted");
        Assert.True(collapsed > 10, $"{collapsed} with over 100 refused");
        Assert.Equal(kind != EventKind.Error, leftOut is { Negative: > 20, TooLong: > 20 });
        string[] fields = [.. EventFields.Of(kind).Select(field => field.Name).Intersect(["duration_ms", "status_code", "is_timeout", "success"])];
        string[] expectedReasons =
        [
            "malformed_json", "not_an_object", "unknown_shape", "bad_field:created_at", "bad_field:platform", "bad_field:group_platform", "bad_field:account_platform",
            "bad_platform", "too_old", "in_future", .. fields.Select(field => "bad_field:" + field),
        ];
        Assert.Equal(expectedReasons.Order(), reasons.Order());
    }

    private static (int, string, int) Essence(Refusal refusal) => (refusal.EventIndex, refusal.Reason, refusal.Events);

    [Theory]
    [InlineData("""{"created_at":"2025-01-31T09:59:59Z","platform":"openai","x":[1.5e3,true,null,{"a":"\u00e9\\"}]}""")]
    [InlineData("""[{"platform":"a","duration_ms":12.5},5,{"platform":"é😀"},{"duration_ms":-1}]""")]
    [InlineData("{\"platform\":\"a\"}\n{\"platform\":\"b\",\"platform\":5} [{}]")]
    public void A_record_cut_at_any_byte_counts_nothing_but_whole_values(string json)
    {
        byte[] record = Encoding.UTF8.GetBytes(json);
        var decoder = new EventDecoder(Decoding.MaxFuture);
        for (int length = 0; length < record.Length; length++)
        {
            Decoding cut = Decoding.Of(decoder, EventKind.Usage, record.AsSpan(0, length), Decoding.RecordTimestamp);
            Decoding expected = NaiveDecoder.Decode(EventKind.Usage, record[..length], Decoding.RecordTimestamp, new EventOptions());
            Assert.Equal(expected.Accepted, cut.Accepted);
            Assert.Equal(expected.Reasons, cut.Reasons);
        }
    }

    [Fact]
    public void A_single_value_cut_anywhere_is_malformed()
    {
        byte[] record = """[{"created_at":"2025-01-31T09:59:59Z","platform":"\u00e9","duration_ms":12.5,"tags":{"a":[1,-2.5e-3]}},{}]"""u8.ToArray();
        for (int length = 0; length < record.Length; length++)
            Assert.Equal(RefusalReason.MalformedJson, Decoding.Of(EventKind.Usage, record.AsSpan(0, length)).OnlyReason);
    }

    [Theory]
    [InlineData(EventKind.Usage, LabelCase.Keep)]
    [InlineData(EventKind.Usage, LabelCase.Lower)]
    [InlineData(EventKind.Error, LabelCase.Keep)]
    [InlineData(EventKind.Request, LabelCase.Keep)]
    public void An_accepted_event_allocates_nothing_once_the_buffers_have_grown(EventKind kind, LabelCase labelCase)
    {
        byte[] record =
            """
            [{"created_at":"2025-01-31T09:59:59.123Z","platform":"openai","duration_ms":1234.5,"status_code":503,"error_message":"upstream timeout","x":{"y":[1]}},
             {"created_at":1738317540000,"platform":"","group_platform":"caf\u00e9","error_type":"tim\u0065out","error_message":"\ud83d\ude00","pl\u0061tform":null},
             {"created_at":"1738317540000","platform":" É 😀 ","duration_ms":"-5","status_code":"504","is_timeout":"False"},
             {"created_at":"2025-01-31 09:59:59+0000","platform":5,"duration_ms":1e300,"error_message":{"a":["timed out"]},"error_type":7}]
            """u8.ToArray();
        var decoder = new EventDecoder(Decoding.MaxFuture, new EventOptions { LabelCase = labelCase });
        long counted = 0, allocated = long.MaxValue;
        // The first rounds grow buffers and compile; a round without a single byte is the claim.
        for (int round = 0; round < 20 && allocated > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                decoder.Decode(kind, record, Decoding.RecordTimestamp);
                counted += decoder.Accepted.Length + decoder.Label(decoder.Accepted[0]).Length;
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
        Assert.Equal(0, counted % 10);
    }
}
