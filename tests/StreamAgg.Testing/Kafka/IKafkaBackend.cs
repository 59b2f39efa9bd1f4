namespace StreamAgg.Testing.Kafka;

/// <summary>One way of getting a broker.</summary>
internal interface IKafkaBackend : IAsyncDisposable
{
    string Description { get; }

    string BootstrapServers { get; }

    /// <summary>How it ended, where it ended by itself; null while it serves.</summary>
    string? Failure => null;

    bool Supports(KafkaFeature feature);

    Task CreateTopicAsync(string topic, int partitions, IReadOnlyDictionary<string, string> settings);
}
