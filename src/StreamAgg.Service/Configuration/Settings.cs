using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Options;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Raw;

namespace StreamAgg.Service.Configuration;

/// <summary>Everything that can be set, checked: who holds one can rely on every range and every relation.</summary>
internal sealed record Settings
{
    public required KafkaOptions Kafka { get; init; }

    public required PostgresOptions Postgres { get; init; }

    public required RawOptions Raw { get; init; }

    public required PipelineOptions Pipeline { get; init; }

    /// <value>Where HTTP is served: <c>http://</c>, a host, a port.</value>
    public required Uri HttpUrl { get; init; }

    public PipelineTopics Topics => new(Kafka.UsageTopic, Kafka.ErrorTopic);
}
