using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Store;

/// <summary>One partition's part of a checkpoint, taken at one instant. Immutable.</summary>
public sealed record PartitionCheckpoint
{
    public required SourcePartition Source { get; init; }

    /// <summary>What the row must show for the checkpoint to be written.</summary>
    public required Fence Fence { get; init; }

    public required long NextOffset { get; init; }

    public int? LeaderEpoch { get; init; }

    /// <summary>Null where the partition has none yet: the row keeps its own.</summary>
    public Instant? Watermark { get; init; }

    /// <summary>Partials that changed since their last commit and stay: absolute values.</summary>
    public IReadOnlyList<PartialRow> Changed { get; init; } = [];

    /// <summary>Partials that leave for the base.</summary>
    public IReadOnlyList<Fold> Folds { get; init; } = [];

    /// <summary>What <see cref="NextOffset"/> skips because the log no longer holds it.</summary>
    public IReadOnlyList<Gap> Gaps { get; init; } = [];

    /// <summary>What became of the events up to <see cref="NextOffset"/> since the checkpoint before; each outcome and reason once.</summary>
    public IReadOnlyList<OutcomeCount> Outcomes { get; init; } = [];
}

/// <param name="Row">Everything the partition counted in that hour and is not in the base.</param>
/// <param name="Changed">Whether it changed since its last commit (then the hour is marked, and the change counts as a rev).</param>
public sealed record Fold(PartialRow Row, bool Changed);

/// <summary>Records that were gone before they were read.</summary>
/// <param name="FromOffset">The first one missing.</param>
/// <param name="ToOffset">The first one after; null where nobody can know (a recreated topic).</param>
/// <param name="Reason">One line for a person.</param>
public sealed record Gap(SourcePartition Source, long FromOffset, long? ToOffset, string Reason)
{
    /// <summary>What somebody decides who is told of it.</summary>
    public const string Remedy = "To go on without them set StreamAgg:OnGap to Continue and start again.";

    public override string ToString() =>
        $"{Source}: records from offset {FromOffset} up to {(ToOffset is { } to ? to : "an unknown one")} are gone ({Reason})";
}

/// <summary>What became of a checkpoint.</summary>
/// <param name="Fenced">Partitions whose fence missed: nothing at all was written then. Empty: everything was.</param>
public sealed record CheckpointResult(IReadOnlyCollection<SourcePartition> Fenced)
{
    public static CheckpointResult Committed { get; } = new([]);

    public bool IsCommitted => Fenced.Count == 0;
}
