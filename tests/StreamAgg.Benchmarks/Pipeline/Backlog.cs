using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>What the benchmarks read: the same events in every run.</summary>
internal static class Backlog
{
    private static readonly string[] Names = ["anthropic", "openai", "gemini", "bedrock", "vertex"];
    private static readonly Instant Start = Instant.FromUtc(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));

    public static void Produce(BacklogTopics to, BacklogShape shape)
    {
        var config = new ProducerConfig
        {
            BootstrapServers = to.BootstrapServers,
            LingerMs = 20,
            BatchSize = 200_000,
            CompressionType = CompressionType.Lz4,
            QueueBufferingMaxMessages = 500_000,
        };
        using var producer = new ProducerBuilder<byte[], byte[]>(config).Build();
        var random = new Random(7);
        int topics = shape.HasErrors ? 2 : 1;
        int hours = Math.Max(2, shape.OpenHours);
        for (long i = 0; i < shape.Events; i++)
        {
            int slot = (int)(i % (topics * shape.Partitions));
            bool isError = slot >= shape.Partitions;
            double part = shape.OpenHours == 1 ? (double)i / shape.Events : random.NextDouble();
            string time = (Start + (part * hours * TimeSpan.FromHours(1))).ToUtcDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            string platform = Platform(random.Next(shape.Platforms));
            var record = new Message<byte[], byte[]>
            {
                Value = isError ? Error(random, i, time, platform) : Usage(random, i, time, platform),
                Timestamp = new Timestamp(DateTimeOffset.FromUnixTimeMilliseconds(Start.ToUnixMilliseconds() + (hours * 3_600_000L))),
            };
            var target = new TopicPartition(isError ? to.Error : to.Usage, slot % shape.Partitions);
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

    /// <summary>So many partials of two hundred durations each, encoded.</summary>
    public static List<PartialRow> Partials(int count, int seed) => Counted(count, seed).ConvertAll(RowOf);

    /// <summary>The same, not encoded.</summary>
    public static List<Partial> Counted(int count, int seed)
    {
        var random = new Random(seed);
        var partials = new List<Partial>(count);
        for (int i = 0; i < count; i++)
        {
            var partial = new Partial(Start.Hour, "platform-" + i.ToString(CultureInfo.InvariantCulture), 100);
            for (int n = 0; n < 200; n++)
                partial.Count(new DecodedEvent { Time = Start, DurationMicros = Duration(random) });
            partials.Add(partial);
        }

        return partials;
    }

    /// <summary>As a checkpoint encodes it.</summary>
    public static PartialRow RowOf(Partial partial) => new(partial.Hour, partial.Label, partial.Totals, partial.EncodeDigest());

    private static string Platform(int i) => i < Names.Length ? Names[i] : "platform-" + i.ToString(CultureInfo.InvariantCulture);

    private static byte[] Usage(Random random, long i, string time, string platform) => Pad(
        $"{{\"request_id\":\"req-{i:x12}\",\"created_at\":\"{time}\",\"platform\":\"{platform}\",\"model\":\"large-3\",\"duration_ms\":{(Duration(random) / 1000.0).ToString(CultureInfo.InvariantCulture)},\"input_tokens\":{random.Next(4000)}");

    private static byte[] Error(Random random, long i, string time, string platform) => Pad(
        $"{{\"request_id\":\"req-{i:x12}\",\"created_at\":\"{time}\",\"platform\":\"{platform}\",\"status_code\":{(random.Next(2) == 0 ? 429 : 529)},\"error_type\":\"overloaded\",\"error_message\":\"try later\"");

    private static byte[] Pad(string open)
    {
        const int size = 200;
        string tail = ",\"note\":\"\"}";
        return Encoding.UTF8.GetBytes(open + tail.Insert(tail.Length - 2, new string('x', Math.Max(0, size - open.Length - tail.Length))));
    }

    /// <summary>Log-normal, median 1.1 s.</summary>
    public static long Duration(Random random)
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return (long)(1000 * Math.Exp(7 + normal));
    }
}
