using Confluent.Kafka.Admin;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>A Kafka of three nodes, to be hurt. Whoever uses it leaves every node running; one after another, for the next one's sake.</summary>
[CollectionDefinition(Name)]
public sealed class ThreeNodes : ICollectionFixture<ThreeNodes>, IAsyncLifetime
{
    public const string Name = "three nodes";

    public const int Count = 3;

    private KafkaCluster? cluster;

    /// <summary>Skips the test where no Kafka can be started. Starts the cluster at the first call.</summary>
    public async Task<KafkaCluster> StartedAsync()
    {
        await Brokers.NeedAsync(KafkaFeature.NodeFaults);
        return cluster ??= await KafkaCluster.StartAsync(Count);
    }

    public static void ForEach(Action<int> act)
    {
        for (int node = 0; node < Count; node++)
            act(node);
    }

    /// <summary>Topics whose partitions lie on one node each: partition 1 on node 1, and nowhere else.</summary>
    internal static Brokers WithoutReplicas(KafkaCluster cluster) => new(cluster.BootstrapServers, async (topic, partitions) =>
    {
        using var admin = Brokers.Of(cluster).Admin();
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = topic,
            NumPartitions = partitions,
            // Brokers are numbered from 1.
            ReplicasAssignments = Enumerable.Range(0, partitions).ToDictionary(partition => partition, partition => new List<int> { partition + 1 }),
        }]);
    });

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => cluster?.DisposeAsync() ?? ValueTask.CompletedTask;
}
