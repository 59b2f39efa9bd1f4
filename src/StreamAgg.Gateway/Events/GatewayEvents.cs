using System.Text.Json.Serialization;

namespace StreamAgg.Gateway.Events;

/// <summary>What every event may say. What is null is not written.</summary>
public abstract record GatewayEvent
{
    private protected GatewayEvent()
    {
        // The three kinds of events are all there are.
    }

    /// <summary>When the request was made; null leaves it to the record's timestamp.</summary>
    [JsonPropertyOrder(-1)]
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The label that the event is counted under, at most 50 code points; null leaves it to the group's.</summary>
    [JsonPropertyOrder(-1)]
    public string? Platform { get; init; }

    /// <summary>The label where <see cref="Platform"/> is null or empty.</summary>
    [JsonPropertyOrder(-1)]
    public string? GroupPlatform { get; init; }

    /// <summary>The label where the other two are null or empty.</summary>
    [JsonPropertyOrder(-1)]
    public string? AccountPlatform { get; init; }

    /// <summary>Tokens that were sent; 0 to 1e12, as the other tokens.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Tokens that came back.</summary>
    public long? OutputTokens { get; init; }

    /// <summary>Tokens that were read from a cache.</summary>
    public long? CacheReadTokens { get; init; }

    /// <summary>Tokens that were written to a cache.</summary>
    public long? CacheWriteTokens { get; init; }

    /// <summary>US dollars, 0 to 1e9; rounded half up to a millionth.</summary>
    public decimal? CostUsd { get; init; }

    /// <summary>For whoever reads the topic; counted by where a rollup is by it.</summary>
    public string? RequestId { get; init; }

    /// <summary>For whoever reads the topic; counted by where a rollup is by it.</summary>
    public string? Model { get; init; }
}

/// <summary>What an event says of an error. What is null is not written.</summary>
public abstract record FallibleEvent : GatewayEvent
{
    private protected FallibleEvent()
    {
        // Of a request that failed, and of one that may have.
    }

    /// <summary>The HTTP status; null where there was no answer.</summary>
    public int? StatusCode { get; init; }

    public string? ErrorType { get; init; }

    public string? ErrorMessage { get; init; }

    /// <summary>Null lets the status, the type and the message tell.</summary>
    public bool? IsTimeout { get; init; }

    /// <summary>The provider's own status, where it is another than the gateway's: it tells rate limits (429) and overload (503, 529).</summary>
    public int? UpstreamStatusCode { get; init; }

    /// <summary>True where the client gave up.</summary>
    public bool? IsCancelled { get; init; }

    /// <summary>True where a quota, a balance or a key refused it.</summary>
    public bool? IsBusinessLimited { get; init; }
}

/// <summary>A request that succeeded: one event of the topic <c>gateway.usage</c>. What is null is not written.</summary>
public sealed record UsageEvent : GatewayEvent
{
    /// <summary>Milliseconds, to the microsecond: below 0 or above a day the request counts without it. Null where it was not measured.</summary>
    public decimal? DurationMs { get; init; }

    /// <summary>Milliseconds to the first token, likewise.</summary>
    public decimal? TtftMs { get; init; }
}

/// <summary>A request that failed: one event of the topic <c>gateway.errors</c>. What is null is not written.</summary>
public sealed record ErrorEvent : FallibleEvent;

/// <summary>A request that says itself whether it failed: one event of a topic that carries both. What is null is not written.</summary>
public sealed record RequestEvent : FallibleEvent
{
    /// <summary>Null lets the status tell (400 and more is a failure), and the error's type and message (one that is there is a failure).</summary>
    public bool? Success { get; init; }

    /// <summary>Milliseconds, as in <see cref="UsageEvent.DurationMs"/>; not counted of a request that failed.</summary>
    public decimal? DurationMs { get; init; }

    /// <summary>Milliseconds to the first token, likewise.</summary>
    public decimal? TtftMs { get; init; }
}

/// <summary>The events' JSON: snake_case, nothing written for null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UsageEvent))]
[JsonSerializable(typeof(ErrorEvent))]
[JsonSerializable(typeof(RequestEvent))]
internal sealed partial class GatewayJson : JsonSerializerContext;
