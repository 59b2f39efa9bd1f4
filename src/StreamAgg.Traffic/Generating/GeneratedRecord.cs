using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Traffic.Generating;

/// <summary>A record as a gateway would send it, with what must become of it.</summary>
public sealed record GeneratedRecord
{
    public required EventKind Kind { get; init; }

    public required byte[] Key { get; init; }

    public required byte[] Value { get; init; }

    /// <summary>The record's own timestamp, a whole millisecond.</summary>
    public required Instant RecordTimestamp { get; init; }

    /// <summary>The events that must be counted, in their order.</summary>
    public required IReadOnlyList<ExpectedEvent> Accepted { get; init; }

    /// <summary>How many dead letters there must be. A malformed record is one.</summary>
    public required int RefusedCount { get; init; }

    /// <summary>Events in it; a malformed record is one.</summary>
    public int ProducedCount => Accepted.Count + RefusedCount;
}

/// <summary>What the generator knows of an event because it made it, not because it read it.</summary>
/// <param name="DurationMicros">Null where there is none.</param>
/// <param name="IsTimeout">Whether a failed request counts as a timeout.</param>
/// <param name="IsFailure">False for a request that succeeded.</param>
public readonly record struct ExpectedEvent(
    Instant Time, string Platform, long? DurationMicros, StatusClass Status, bool IsTimeout, bool IsFailure = false);
