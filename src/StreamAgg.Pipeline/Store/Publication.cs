using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Digests;
using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Store;

/// <summary>Dirty hours that are closed, with everything that was counted in them, from one snapshot of the database.</summary>
public sealed record HourSnapshot(IReadOnlyList<DirtyHour> Hours)
{
    /// <summary>The smallest watermark; null while a partition has none.</summary>
    public Instant? Watermark { get; init; }

    /// <summary>True where the limit cut the list: ask again.</summary>
    public bool HasMore { get; init; }
}

/// <param name="Key">Hour and label.</param>
/// <param name="Mark">The wake-up that was seen.</param>
/// <param name="Inputs">The base first, then the partials in (topic, partition) order.</param>
public sealed record DirtyHour(HourKey Key, long Mark, IReadOnlyList<RevisedRow> Inputs);

/// <summary>Dirty days that are closed and none of whose hours is dirty.</summary>
public sealed record DaySnapshot(IReadOnlyList<DirtyDay> Days)
{
    /// <summary>True where the limit cut the list: ask again.</summary>
    public bool HasMore { get; init; }
}

/// <param name="Key">Day and label.</param>
/// <param name="Mark">The wake-up that was seen.</param>
/// <param name="Hours">The day's hours in order, as their sketches hold them.</param>
public sealed record DirtyDay(DayKey Key, long Mark, IReadOnlyList<HourSketch> Hours);

/// <param name="Hour">The UTC hour.</param>
/// <param name="InputRev">The sum of the revs that went into it.</param>
/// <param name="Totals">Counts and sums.</param>
/// <param name="Centroids">Null where no event had a duration.</param>
public sealed record HourSketch(Hour Hour, long InputRev, BucketTotals Totals, DigestCentroids? Centroids);

/// <summary>A row ready to be written: the merged state, the figures, and the mark that it answers.</summary>
/// <typeparam name="TKey"><see cref="HourKey"/> or <see cref="DayKey"/>.</typeparam>
/// <param name="Key">The row's key.</param>
/// <param name="Mark">Cleared only while it is still this one.</param>
/// <param name="InputRev">Written only over a smaller one.</param>
/// <param name="Totals">Counts and sums.</param>
/// <param name="P99Milliseconds">Read from all inputs' centroids at once; null where no event had a duration.</param>
/// <param name="Centroids">The merged digest, compacted; null where no event had a duration.</param>
public sealed record Publication<TKey>(
    TKey Key, long Mark, long InputRev, BucketTotals Totals, double? P99Milliseconds, DigestCentroids? Centroids);

/// <summary>What a publishing transaction did.</summary>
/// <param name="RowsWritten">Public rows inserted or changed.</param>
/// <param name="RowsKept">Public rows of somebody else's that stayed because ours would count less.</param>
/// <param name="RowsUnchanged">Public rows that would not have changed.</param>
public sealed record PublishResult(int RowsWritten, int RowsKept, int RowsUnchanged);
