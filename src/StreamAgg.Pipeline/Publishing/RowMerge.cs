using StreamAgg.Core.Aggregation;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Publishing;

/// <summary>Turns what a snapshot holds of an hour or a day into the row to be published. Pure.</summary>
public static class RowMerge
{
    private const double Quantile = 0.99;
    private const double MicrosAMillisecond = 1000;

    /// <summary>The quantile is read from all centroids at once; only what is stored is compacted.</summary>
    public static Publication<TBucket> Of<TBucket>(DirtyBucket<TBucket> bucket, int compression)
        where TBucket : IComparable<TBucket>
    {
        var (totals, digests) = InputsOf(bucket.Inputs);
        TDigest? merged = digests.Count == 0 ? null : TDigest.Merge([.. digests], compression);
        return new Publication<TBucket>(
            bucket.Key, bucket.Mark, bucket.Inputs.Sum(input => input.Rev), totals,
            merged?.Quantile(Quantile, MicrosAMillisecond), merged?.ToCentroids());
    }

    /// <summary>The sums, and the digests of those that have durations.</summary>
    public static (BucketTotals Totals, IReadOnlyList<TDigest> Digests) InputsOf(IReadOnlyList<BucketInput> inputs)
    {
        var totals = default(BucketTotals);
        var digests = new List<TDigest>(inputs.Count);
        foreach (BucketInput input in inputs)
        {
            totals.Add(input.Totals);
            if (input.Digest() is { } digest)
                digests.Add(digest);
        }

        return (totals, digests);
    }
}
