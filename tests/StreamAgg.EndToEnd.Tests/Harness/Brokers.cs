using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>The brokers that a test works against: the shared ones, or a cluster of its own that it may hurt.</summary>
internal sealed class Brokers(string bootstrapServers, Func<string, int, Task> createTopic)
{
    public string BootstrapServers => bootstrapServers;

    /// <summary>Beyond the broker's megabyte: a record that is too large has to reach the log to be refused.</summary>
    private const string MaxMessageBytes = "4000000";

    public static async Task<Brokers> SharedAsync()
    {
        var kafka = await TestKafka.SharedAsync();
        return new Brokers(kafka.BootstrapServers, (topic, partitions) => kafka.CreateTopicAsync(topic, partitions, ("max.message.bytes", MaxMessageBytes)));
    }

    /// <summary>Skips the running test where the shared brokers lack what it needs.</summary>
    public static async Task NeedAsync(KafkaFeature feature)
    {
        var kafka = await TestKafka.SharedAsync();
        Assert.SkipUnless(kafka.Supports(feature), kafka.Lacks(feature));
    }

    public static Brokers Of(KafkaCluster cluster) =>
        new(cluster.BootstrapServers, (topic, partitions) => cluster.CreateTopicAsync(topic, partitions, new Dictionary<string, string> { ["max.message.bytes"] = MaxMessageBytes }));

    public Task CreateTopicAsync(string topic, int partitions) => createTopic(topic, partitions);

    /// <summary>The offsets after the last record of each partition, control records and uncommitted ones included.</summary>
    public async Task<IReadOnlyDictionary<(string Topic, int Partition), long>> EndOffsetsAsync(params string[] topics)
    {
        using var admin = Admin();
        var partitions = topics.SelectMany(topic => PartitionsOf(admin, topic).Select(partition => new TopicPartition(topic, partition)));
        var answer = await admin.ListOffsetsAsync(
            partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = OffsetSpec.Latest() }),
            new ListOffsetsOptions { IsolationLevel = IsolationLevel.ReadUncommitted, RequestTimeout = TimeSpan.FromSeconds(5) });
        return answer.ResultInfos.ToDictionary(
            info => (info.TopicPartitionOffsetError.Topic, info.TopicPartitionOffsetError.Partition.Value),
            info => info.TopicPartitionOffsetError.Offset.Value);
    }

    public IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).SetLogHandler((_, _) => { }).Build();

    private static IEnumerable<int> PartitionsOf(IAdminClient admin, string topic) =>
        admin.GetMetadata(topic, TimeSpan.FromSeconds(5)).Topics.Single().Partitions.Select(partition => partition.PartitionId);
}
