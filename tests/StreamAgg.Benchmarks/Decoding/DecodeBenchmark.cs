using System.Text;
using System.Text.Json;
using StreamAgg.Benchmarks.Digests;
using StreamAgg.Core.Events;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Benchmarks.Decoding;

/// <summary>What it costs to decode a record of one event, as it is and in another shape: a topic without a mapping must not pay for one.</summary>
internal static class DecodeBenchmark
{
    private const int LeastRuns = 20, Records = 10_000;

    private const long RecordTime = 1_767_608_440_000;

    private const string Begin = "\"request_id\":\"req_0011223344556677\",\"model\":\"claude-sonnet-4\",\"created_at\":\"2026-01-05T10:20:30.123Z\"";
    private const string Usage = $$"""{{{Begin}},"platform":"anthropic","duration_ms":912.4,"stream":true,"user_id":17,"account_id":77}""";
    private const string Error = $$"""{{{Begin}},"platform":"anthropic","status_code":503,"error_type":"upstream_error","error_message":"no healthy upstream"}""";
    private const string Row = $$"""{{{Begin}},"response":{"latency":912.4},"stream":true,"user_id":17,"account_id":77}""";
    private const string Payload = $$"""{"before":null,"after":{{Row}},"op":"c"}""";

    public static bool Run()
    {
        Report.Section("decode: a record of one event");
        var plain = new EventDecoder(TimeSpan.FromMinutes(5));
        var mapped = new EventDecoder(TimeSpan.FromMinutes(5), new EventOptions
        {
            Shapes = new Dictionary<EventKind, EventShape>
            {
                [EventKind.Request] = new()
                {
                    Root = ShapePath.TryParse("payload.after"),
                    Fields = new Dictionary<Field, ShapePath>
                    {
                        [Field.Platform] = ShapePath.TryParse("model")!,
                        [Field.DurationMs] = ShapePath.TryParse("response.latency")!,
                    },
                },
            },
        });
        var report = new Report();
        double usage = Tell("of a usage topic", plain, EventKind.Usage, Usage);
        Tell("of an error topic", plain, EventKind.Error, Error);
        Tell("of a topic of requests", plain, EventKind.Request, Usage);
        double mappedTime = Tell("in an envelope, two fields mapped", mapped, EventKind.Request, $$"""{"payload":{{Payload}}}""");
        Tell("the same, the envelope's payload a string", mapped, EventKind.Request, $$"""{"payload":{{JsonSerializer.Serialize(Payload)}}}""");
        report.Judged("an envelope over a usage event", mappedTime / usage, "times", 3, 2);
        return report.AllMet;
    }

    private static double Tell(string name, EventDecoder decoder, EventKind kind, string json)
    {
        byte[] record = Encoding.UTF8.GetBytes(json);
        double nanoseconds = Clock.BestNanoseconds(LeastRuns, () =>
        {
            for (int i = 0; i < Records; i++)
            {
                decoder.Decode(kind, record, RecordTime);
                if (decoder.Accepted.Length != 1)
                    throw new InvalidOperationException($"{json} is refused.");
            }
        }) / Records;
        Report.Plain($"{name}, {record.Length} bytes", nanoseconds, "ns");
        return nanoseconds;
    }
}
