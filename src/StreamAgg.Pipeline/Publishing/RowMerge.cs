using StreamAgg.Core.Aggregation;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Publishing;

/// <summary>Turns what a snapshot holds of an hour or a day into the row to be published. Pure.</summary>
internal static class RowMerge
{
    private const double Quantile = 0.99;
    private const double MicrosAMillisecond = 1000;

    /// <summary>The quantile is read from all centroids at once; only what is stored is compacted.</summary>
    public static Publication<TBucket> Of<TBucket>(DirtyBucket<TBucket> bucket, int compression)
        where TBucket : IComparable<TBucket>
    {
        var totals = default(BucketTotals);
        long inputRev = 0;
        var digests = new List<TDigest>(bucket.Inputs.Count);
        foreach (BucketInput input in bucket.Inputs)
        {
            totals.Add(input.Totals);
            inputRev += input.Rev;
            if (input.Digest() is { } digest)
                digests.Add(digest);
        }

        TDigest? merged = digests.Count == 0 ? null : TDigest.Merge([.. digests], compression);
        return new Publication<TBucket>(
            bucket.Key, bucket.Mark, inputRev, totals, merged?.Quantile(Quantile, MicrosAMillisecond), merged?.ToCentroids());
    }
}
