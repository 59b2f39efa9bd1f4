namespace StreamAgg.Kafka.Metadata;

/// <summary>What a service does with a topic.</summary>
public enum TopicRight
{
    /// <summary>Consume: the input topics.</summary>
    Read,

    /// <summary>Produce: the dead letters' topic.</summary>
    Write,
}
