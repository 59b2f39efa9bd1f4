namespace StreamAgg.Testing.Kafka;

/// <summary>One way of getting a broker.</summary>
internal interface IKafkaBackend : IAsyncDisposable
{
    string Description { get; }

    string BootstrapServers { get; }

    bool Supports(KafkaFeature feature);

    Task CreateTopicAsync(string topic, int partitions, IReadOnlyDictionary<string, string> settings);
}
