using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Options;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Raw;
using StreamAgg.Service.Http.Access;

namespace StreamAgg.Service.Configuration;

/// <summary>Everything that can be set, checked: who holds one can rely on every range and every relation.</summary>
internal sealed record Settings
{
    public required KafkaOptions Kafka { get; init; }

    public required PostgresOptions Postgres { get; init; }

    public required RawOptions Raw { get; init; }

    public required PipelineOptions Pipeline { get; init; }

    /// <value>Where HTTP is served: <c>http://</c> or <c>https://</c>, a host, a port.</value>
    public required Uri HttpUrl { get; init; }

    public HttpAccess HttpAccess { get; init; } = new();

    /// <value>True where other machines can connect and nobody is asked for a token.</value>
    public bool IsHttpOpen => !HttpUrl.IsLoopback && HttpAccess.TokenFile is null;

    /// <value>True where a token passes other machines in the clear, unless a proxy in front ends TLS.</value>
    public bool IsTokenPlain => !HttpUrl.IsLoopback && HttpUrl.Scheme == Uri.UriSchemeHttp && HttpAccess.TokenFile is not null;

    public PipelineTopics Topics => Kafka.Topics;
}
