using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>What the benchmark reads: events of two hours, the same for every run.</summary>
internal static class Backlog
{
    private static readonly string[] Platforms = ["anthropic", "openai", "gemini", "bedrock", "vertex"];
    private static readonly Instant Start = Instant.FromUtc(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));

    public static void Produce(string bootstrapServers, PipelineTopics topics, int partitions, long events)
    {
        var config = new ProducerConfig
        {
            BootstrapServers = bootstrapServers,
            LingerMs = 20,
            BatchSize = 200_000,
            CompressionType = CompressionType.Lz4,
            QueueBufferingMaxMessages = 500_000,
        };
        using var producer = new ProducerBuilder<byte[], byte[]>(config).Build();
        var random = new Random(7);
        for (long i = 0; i < events; i++)
        {
            int slot = (int)(i % (2 * partitions));
            bool isError = slot >= partitions;
            var record = new Message<byte[], byte[]>
            {
                Value = isError ? Error(random, i, events) : Usage(random, i, events),
                Timestamp = new Timestamp(DateTimeOffset.FromUnixTimeMilliseconds(Start.ToUnixMilliseconds() + 7_200_000)),
            };
            var target = new TopicPartition(isError ? topics[EventKind.Error] : topics[EventKind.Usage], slot % partitions);
            while (true)
            {
                try
                {
                    producer.Produce(target, record);
                    break;
                }
                catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(50));
                }
            }
        }

        producer.Flush(TimeSpan.FromMinutes(1));
    }

    /// <summary>So many partials of a hundred durations each.</summary>
    public static List<PartialRow> Partials(int count, int seed)
    {
        var random = new Random(seed);
        var rows = new List<PartialRow>(count);
        for (int i = 0; i < count; i++)
        {
            var partial = new Partial(Start.Hour, "platform-" + i.ToString(CultureInfo.InvariantCulture), 100);
            for (int n = 0; n < 200; n++)
                partial.Count(new DecodedEvent { Time = Start, DurationMicros = Duration(random) });
            rows.Add(new PartialRow(partial.Hour, partial.Platform, partial.Totals, partial.EncodeDigest()));
        }

        return rows;
    }

    private static byte[] Usage(Random random, long i, long events) => Pad(
        $"{{\"request_id\":\"req-{i:x12}\",\"created_at\":\"{Time(i, events)}\",\"platform\":\"{Platforms[random.Next(Platforms.Length)]}\",\"model\":\"large-3\",\"duration_ms\":{(Duration(random) / 1000.0).ToString(CultureInfo.InvariantCulture)},\"input_tokens\":{random.Next(4000)}");

    private static byte[] Error(Random random, long i, long events) => Pad(
        $"{{\"request_id\":\"req-{i:x12}\",\"created_at\":\"{Time(i, events)}\",\"platform\":\"{Platforms[random.Next(Platforms.Length)]}\",\"status_code\":{(random.Next(2) == 0 ? 429 : 529)},\"error_type\":\"overloaded\",\"error_message\":\"try later\"");

    private static byte[] Pad(string open)
    {
        const int size = 200;
        string tail = ",\"note\":\"\"}";
        return Encoding.UTF8.GetBytes(open + tail.Insert(tail.Length - 2, new string('x', Math.Max(0, size - open.Length - tail.Length))));
    }

    private static string Time(long i, long events) =>
        (Start + TimeSpan.FromTicks(i * (2 * TimeSpan.TicksPerHour / events))).ToUtcDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Log-normal, median 1.1 s.</summary>
    public static long Duration(Random random)
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return (long)(1000 * Math.Exp(7 + normal));
    }
}
