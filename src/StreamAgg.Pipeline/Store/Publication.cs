using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Digests;

namespace StreamAgg.Pipeline.Store;

/// <summary>Closed hours or days that are dirty, with everything that goes into their rows, from one snapshot of the database.</summary>
/// <typeparam name="TBucket"><see cref="Hour"/> or <see cref="Day"/>.</typeparam>
public sealed record DirtySnapshot<TBucket>(IReadOnlyList<DirtyBucket<TBucket>> Buckets)
    where TBucket : IComparable<TBucket>
{
    /// <summary>The smallest watermark; null while a partition has none.</summary>
    public Instant? Watermark { get; init; }

    /// <summary>True where the limit cut the list: ask again.</summary>
    public bool HasMore { get; init; }
}

/// <typeparam name="TBucket"><see cref="Hour"/> or <see cref="Day"/>.</typeparam>
/// <param name="Mark">The wake-up that was seen.</param>
/// <param name="Inputs">Of an hour the base first, then the partials in (topic, partition) order; of a day its hours' sketches in order.</param>
public sealed record DirtyBucket<TBucket>(BucketKey<TBucket> Key, long Mark, IReadOnlyList<BucketInput> Inputs)
    where TBucket : IComparable<TBucket>;

/// <summary>What was counted in an hour under one label by somebody: a partition, the base, or all of them.</summary>
/// <param name="Rev">The number of its changes; of a sketch the sum of those that went into it.</param>
public abstract record BucketInput(Hour Hour, string Label, long Rev, BucketTotals Totals)
{
    /// <summary>The digest of one of <see cref="Spreads"/>; null where there is no value.</summary>
    /// <exception cref="InvalidDataException">What the store holds is damaged.</exception>
    public abstract TDigest? Digest(int spread);
}

/// <summary>A partial or a base, whose digests are bytes.</summary>
public sealed record RevisedRow(PartialRow Row, long Rev) : BucketInput(Row.Hour, Row.Label, Rev, Row.Totals)
{
    public override TDigest? Digest(int spread) =>
        Totals.Spreads[spread].Count == 0 ? null : StoredDigest.Decode(Row.Digests[spread].Span, Hour, Label);
}

/// <summary>An hour that was published, whose digests are centroids.</summary>
public sealed record HourSketch(Hour Hour, string Label, long Rev, BucketTotals Totals, SpreadCentroids Centroids)
    : BucketInput(Hour, Label, Rev, Totals)
{
    public override TDigest? Digest(int spread) =>
        Centroids[spread] is { } centroids ? StoredDigest.Restore(centroids, Hour, Label) : null;
}

/// <summary>A row ready to be written: the merged state, the figures, and the mark that it answers.</summary>
/// <typeparam name="TBucket"><see cref="Hour"/> or <see cref="Day"/>.</typeparam>
/// <param name="Mark">Cleared only while it is still this one.</param>
/// <param name="InputRev">Written only over a smaller one.</param>
/// <param name="Contents">Its quantiles are read from all inputs' centroids at once.</param>
/// <param name="Centroids">The merged digests, compacted.</param>
public sealed record Publication<TBucket>(BucketKey<TBucket> Key, long Mark, long InputRev, RowContents Contents, SpreadCentroids Centroids)
    where TBucket : IComparable<TBucket>
{
    public BucketTotals Totals => Contents.Totals;
}

/// <summary>What a publishing transaction did.</summary>
/// <param name="RowsKept">Public rows of somebody else's that stayed because ours would count less.</param>
public sealed record PublishResult(int RowsWritten, int RowsKept, int RowsUnchanged);
