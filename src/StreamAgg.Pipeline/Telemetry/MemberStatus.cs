using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Telemetry;

/// <summary>A member at one instant, for health and telemetry. Immutable.</summary>
/// <param name="HeldBytes">What the reading is held against: of partials, of the checkpoint on its way, and of dead letters.</param>
public sealed record MemberStatus(IReadOnlyList<PartitionProgress> Partitions, int OpenPartials, long HeldBytes, bool IsPaused)
{
    public static MemberStatus Empty { get; } = new([], 0, 0, IsPaused: false);

    /// <summary>Monotonic: since when the assigned partition that waits longest for a checkpoint does so; null where none is assigned.</summary>
    public long? WaitingSince { get; init; }
}

/// <param name="NextOffset">As stored: everything before it is committed.</param>
/// <param name="Watermark">As stored.</param>
public sealed record PartitionProgress(SourcePartition Source, long NextOffset, Instant? Watermark);
