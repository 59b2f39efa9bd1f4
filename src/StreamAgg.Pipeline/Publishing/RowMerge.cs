using StreamAgg.Core.Aggregation;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Publishing;

/// <summary>Turns what a snapshot holds of an hour or a day into the row to be published. Pure.</summary>
public static class RowMerge
{
    /// <summary>The quantiles are read from all centroids at once; only what is stored is compacted.</summary>
    public static Publication<TBucket> Of<TBucket>(DirtyBucket<TBucket> bucket, int compression)
        where TBucket : IComparable<TBucket>
    {
        TDigest? latency = Merge(bucket.Inputs, Spreads.Latency, compression), ttft = Merge(bucket.Inputs, Spreads.Ttft, compression);
        return new Publication<TBucket>(
            bucket.Key, bucket.Mark, bucket.Inputs.Sum(input => input.Rev),
            new RowContents(TotalsOf(bucket.Inputs), Quantiles.Of(latency), Quantiles.Of(ttft)),
            new SpreadCentroids(latency?.ToCentroids(), ttft?.ToCentroids()));
    }

    /// <summary>The sums.</summary>
    public static BucketTotals TotalsOf(IReadOnlyList<BucketInput> inputs)
    {
        var totals = default(BucketTotals);
        foreach (BucketInput input in inputs)
            totals.Add(input.Totals);
        return totals;
    }

    /// <summary>The digests of those that have values.</summary>
    public static IReadOnlyList<TDigest> DigestsOf(IReadOnlyList<BucketInput> inputs, int spread) =>
        [.. inputs.Select(input => input.Digest(spread)).OfType<TDigest>()];

    private static TDigest? Merge(IReadOnlyList<BucketInput> inputs, int spread, int compression) =>
        DigestsOf(inputs, spread) is { Count: > 0 } digests ? TDigest.Merge([.. digests], compression) : null;
}
