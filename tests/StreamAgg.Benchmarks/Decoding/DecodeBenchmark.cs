using System.Text;
using System.Text.Json;
using StreamAgg.Benchmarks.Reporting;
using StreamAgg.Core.Events;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Benchmarks.Decoding;

/// <summary>What it costs to decode a record of one event, as it is and in another shape: a topic without a mapping must not pay for one.</summary>
internal static class DecodeBenchmark
{
    private const int Records = Yardstick.Records;

    private const long RecordTime = 1_767_608_440_000;

    private const string Begin = "\"request_id\":\"req_0011223344556677\",\"model\":\"claude-sonnet-4\",\"created_at\":\"2026-01-05T10:20:30.123Z\"";
    /// <summary>A record of one event, as most are.</summary>
    public const string Usage = $$"""{{{Begin}},"platform":"anthropic","duration_ms":912.4,"stream":true,"user_id":17,"account_id":77}""";
    private const string Error = $$"""{{{Begin}},"platform":"anthropic","status_code":503,"error_type":"upstream_error","error_message":"no healthy upstream"}""";
    private const string Row = $$"""{{{Begin}},"response":{"latency":912.4},"stream":true,"user_id":17,"account_id":77}""";
    private const string Payload = $$"""{"before":null,"after":{{Row}},"op":"c"}""";

    public static Task RunAsync(Report report)
    {
        report.Setting("records of one event");
        report.Section("CPU of a record");
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
        var envelope = new Case("an envelope, two fields mapped", mapped, EventKind.Request, $$"""{"payload":{{Payload}}}""");
        Case[] cases =
        [
            new("a usage event", plain, EventKind.Usage, Usage),
            new("an error event", plain, EventKind.Error, Error),
            new("an event of a topic of requests", plain, EventKind.Request, Usage),
            envelope,
            new("an envelope that is a string", mapped, EventKind.Request, $$"""{"payload":{{JsonSerializer.Serialize(Payload)}}}"""),
        ];
        double[][] costs = CpuClock.InTurns(Records, [Yardstick.Walk, .. cases.Select(one => (Action)one.Decode)]);
        for (int i = 0; i < cases.Length; i++)
            report.Ratio($"{cases[i].Name} / {Yardstick.Name}", costs[i + 1], costs[0], cases[i] == envelope ? Goal.AtMost(3, 2) : null);
        report.Add($"{Yardstick.Name} over the usage event", costs[0], "ns");
        for (int i = 0; i < cases.Length; i++)
            report.Add($"{cases[i].Name}, {cases[i].Record.Length} bytes", costs[i + 1], "ns");

        report.Section("Allocated");
        foreach (Case one in cases)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            one.Decode();
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            report.Add($"by {Records:#,0} times {one.Name}", allocated, "bytes", Goal.AtMost(0));
        }

        return Task.CompletedTask;
    }

    private sealed record Case(string Name, EventDecoder Decoder, EventKind Kind, string Json)
    {
        public byte[] Record { get; } = Encoding.UTF8.GetBytes(Json);

        public void Decode()
        {
            for (int i = 0; i < Records; i++)
            {
                Decoder.Decode(Kind, Record, RecordTime);
                if (Decoder.Accepted.Length != 1)
                    throw new InvalidOperationException($"{Json} is refused.");
            }
        }
    }
}
