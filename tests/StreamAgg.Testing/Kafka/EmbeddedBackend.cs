using StreamAgg.Embedded.Kafka;

namespace StreamAgg.Testing.Kafka;

/// <summary>The broker inside this process: groups, offsets and topic ids, and little else.</summary>
internal sealed class EmbeddedBackend : IKafkaBackend
{
    private readonly EmbeddedBroker broker = new();

    public string Description => "the embedded broker";

    public string BootstrapServers => broker.BootstrapServers;

    public bool Supports(KafkaFeature feature) => false;

    public Task CreateTopicAsync(string topic, int partitions, IReadOnlyDictionary<string, string> settings)
    {
        broker.CreateTopic(topic, partitions);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        broker.Dispose();
        return ValueTask.CompletedTask;
    }
}
