using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Members;

/// <summary>A member at one instant, for health and telemetry. Immutable.</summary>
/// <param name="Partitions">Those that are its own.</param>
/// <param name="OpenPartials">In memory.</param>
/// <param name="HeldBytes">What the reading is held against: of partials, of the checkpoint on its way, and of dead letters.</param>
/// <param name="IsPaused">Whether reading waits.</param>
public sealed record MemberStatus(IReadOnlyList<PartitionStatus> Partitions, int OpenPartials, long HeldBytes, bool IsPaused)
{
    public static MemberStatus Empty { get; } = new([], 0, 0, IsPaused: false);

    internal static MemberStatus Of(IEnumerable<PartitionState> states, long heldBytes, bool isPaused)
    {
        var partitions = new List<PartitionStatus>();
        int open = 0;
        foreach (var state in states)
        {
            if (state.Phase is not (PartitionPhase.Active or PartitionPhase.Releasing))
                continue;
            open += state.PartialCount;
            long? lag = state.EndOffset is { } end ? Math.Max(0, end - state.Position) : null;
            partitions.Add(new PartitionStatus(state.Source, lag, state.Watermark));
        }

        return new MemberStatus(partitions, open, heldBytes, isPaused);
    }
}

/// <param name="Source">The partition.</param>
/// <param name="Lag">Records to the end that the broker told last; null where it has not.</param>
/// <param name="Watermark">As stored.</param>
public sealed record PartitionStatus(SourcePartition Source, long? Lag, Instant? Watermark);
