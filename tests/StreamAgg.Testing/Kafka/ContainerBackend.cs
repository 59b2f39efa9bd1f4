using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Testcontainers.Kafka;

namespace StreamAgg.Testing.Kafka;

/// <summary>Apache Kafka in a container. Compiled only with <c>-p:UseTestcontainers=true</c>, where the package can be had.</summary>
internal sealed class ContainerBackend : IKafkaBackend
{
    private readonly KafkaContainer container;

    private ContainerBackend(KafkaContainer container) => this.container = container;

    public string Description => "Apache Kafka in a container";

    public string BootstrapServers => container.GetBootstrapAddress();

    /// <returns>Null where no Docker answers.</returns>
    public static async Task<IKafkaBackend?> TryStartAsync()
    {
        try
        {
            KafkaContainer container = new KafkaBuilder().WithImage("apache/kafka:4.1.0").Build();
            await container.StartAsync();
            return new ContainerBackend(container);
        }
        catch (DotNet.Testcontainers.Builders.DockerUnavailableException)
        {
            return null;
        }
    }

    public bool Supports(KafkaFeature feature) => feature != KafkaFeature.NodeFaults;

    public async Task CreateTopicAsync(string topic, int partitions, IReadOnlyDictionary<string, string> settings)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1, Configs = settings.ToDictionary() }]);
    }

    public ValueTask DisposeAsync() => container.DisposeAsync();
}
