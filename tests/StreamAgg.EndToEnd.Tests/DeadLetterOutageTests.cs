using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Records that are refused, as large and as many as a broker takes them, while nothing of them can be put away.</summary>
public sealed class DeadLetterOutageTests
{
    /// <summary>A heap of 384 MB, as a small container leaves it.</summary>
    private static readonly Dictionary<string, string> SmallHeap = new() { ["DOTNET_GCHeapHardLimit"] = "0x18000000" };

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_refused_passes_in_a_small_heap_while_the_dead_letter_topic_takes_nothing()
    {
        await Brokers.NeedAsync(KafkaFeature.Administration);
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        string letters = deployment.Settings["Kafka:DeadLetterTopic"];
        await LimitAgeAsync(deployment, letters, 0);
        var process = deployment.Start(["run"], [], SmallHeap);

        byte[] largeKey = new byte[20_000];
        string badEvent = $$"""{"x":"{{new string('x', 10_000)}}"}""";
        Produce(deployment, 20, null, $"[{string.Join(',', Enumerable.Repeat("0", 500_000))}]");
        Produce(deployment, 20, largeKey, $"[{string.Join(',', Enumerable.Repeat("0", 20_000))}]");
        Produce(deployment, 4000, largeKey, "0");
        Produce(deployment, 60, largeKey, $"[{string.Join(',', Enumerable.Repeat(badEvent, 100))}]");
        Produce(deployment, 60, largeKey, $"[{string.Join(',', Enumerable.Repeat(badEvent, 101))}]");
        deployment.Events.Send(GatewayEvents);

        // All that it will hold.
        string status = await process.HttpUrlAsync() + "/api/v1/status";
        using var http = new HttpClient();
        await deployment.WaitAsync(
            async () => (await (await http.GetAsync(status, Ending)).Content.ReadAsStringAsync(Ending)).Contains("\"paused\":true", StringComparison.Ordinal), () => "reading is paused");
        await LimitAgeAsync(deployment, letters, long.MaxValue);
        await deployment.AssertExactAsync();
        const int expected = 20 + 20 + 4000 + (60 * 100) + 60;
        Assert.InRange((await deployment.Brokers.EndOffsetsAsync(letters)).Values.Sum(), expected, 2 * expected);
        Assert.Equal(0, await process.StopAsync());
    }

    private static GatewayEvent[] GatewayEvents => [.. SteadyTraffic.AcrossMidnight(5).Next(100)];

    private static void Produce(Deployment deployment, int records, byte[]? key, string value)
    {
        var config = new ProducerConfig { BootstrapServers = deployment.Brokers.BootstrapServers, EnableIdempotence = true, MessageMaxBytes = 8_000_000 };
        using var producer = new ProducerBuilder<byte[]?, byte[]>(config).SetKeySerializer(Serializers.ByteArray!).Build();
        var message = new Message<byte[]?, byte[]> { Key = key, Value = Encoding.UTF8.GetBytes(value) };
        for (int i = 0; i < records; i++)
            producer.Produce(deployment.UsageTopic, message);
        Assert.Equal(0, producer.Flush(TimeSpan.FromSeconds(120)));
    }

    /// <summary>At no age every letter is too old when it arrives, and is refused.</summary>
    private static async Task LimitAgeAsync(Deployment deployment, string topic, long milliseconds)
    {
        using var admin = deployment.Brokers.Admin();
        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [new ConfigResource { Type = ResourceType.Topic, Name = topic }] =
                [new ConfigEntry { Name = "message.timestamp.before.max.ms", Value = $"{milliseconds}", IncrementalOperation = AlterConfigOpType.Set }],
        });
    }
}
