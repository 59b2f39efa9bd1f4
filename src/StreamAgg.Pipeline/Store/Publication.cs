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
public abstract record BucketInput(Hour Hour, string Platform, long Rev, BucketTotals Totals)
{
    /// <summary>Null where no event had a duration.</summary>
    /// <exception cref="InvalidDataException">What the store holds is damaged.</exception>
    public abstract TDigest? Digest();
}

/// <summary>A partial or a base, whose digest is bytes.</summary>
public sealed record RevisedRow(PartialRow Row, long Rev) : BucketInput(Row.Hour, Row.Platform, Rev, Row.Totals)
{
    public override TDigest? Digest() => Totals.DurationCount == 0 ? null : StoredDigest.Decode(Row.Digest.Span, Hour, Platform);
}

/// <summary>An hour that was published, whose digest is centroids.</summary>
public sealed record HourSketch(Hour Hour, string Platform, long Rev, BucketTotals Totals, DigestCentroids? Centroids)
    : BucketInput(Hour, Platform, Rev, Totals)
{
    public override TDigest? Digest() => Centroids is null ? null : StoredDigest.Restore(Centroids, Hour, Platform);
}

/// <summary>A row ready to be written: the merged state, the figures, and the mark that it answers.</summary>
/// <typeparam name="TBucket"><see cref="Hour"/> or <see cref="Day"/>.</typeparam>
/// <param name="Mark">Cleared only while it is still this one.</param>
/// <param name="InputRev">Written only over a smaller one.</param>
/// <param name="P99Milliseconds">Read from all inputs' centroids at once; null where no event had a duration.</param>
/// <param name="Centroids">The merged digest, compacted; null where no event had a duration.</param>
public sealed record Publication<TBucket>(
    BucketKey<TBucket> Key, long Mark, long InputRev, BucketTotals Totals, double? P99Milliseconds, DigestCentroids? Centroids)
    where TBucket : IComparable<TBucket>;

/// <summary>What a publishing transaction did.</summary>
/// <param name="RowsKept">Public rows of somebody else's that stayed because ours would count less.</param>
public sealed record PublishResult(int RowsWritten, int RowsKept, int RowsUnchanged);
