using StreamAgg.Pipeline.Options;

namespace StreamAgg.Kafka.Options;

/// <summary>Where events come from and where refused ones go. Section <c>StreamAgg:Kafka</c>; ranges are checked by whoever binds.</summary>
public sealed record KafkaOptions
{
    /// <value>Comma separated host:port; at least one broker that answers.</value>
    public string BootstrapServers { get; init; } = "localhost:9092";

    /// <value>Members of one group share the partitions. 1 to 255 characters.</value>
    public string GroupId { get; init; } = "streamagg";

    /// <value>Requests that succeeded; empty where <see cref="RequestTopic"/> carries all.</value>
    public string UsageTopic { get; init; } = "gateway.usage";

    /// <value>Requests that failed, or empty. Another topic than <see cref="UsageTopic"/>.</value>
    public string ErrorTopic { get; init; } = "gateway.errors";

    /// <value>Requests of both kinds, each of which says whether it failed; empty where there is no such topic.</value>
    public string RequestTopic { get; init; } = "";

    /// <value>All that are read.</value>
    public PipelineTopics Topics => new(UsageTopic, ErrorTopic, RequestTopic);

    /// <value>Where refused events are kept. Another topic than those that are read.</value>
    public string DeadLetterTopic { get; init; } = "streamagg.dead-letter";

    /// <value>Properties of librdkafka by their own names (TLS, SASL, group.protocol, group.instance.id), for every client.</value>
    public IDictionary<string, string> Client { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <value>Creates missing input topics: for development, where nobody else has chosen their partitions.</value>
    public bool CreateTopics { get; init; }
}
