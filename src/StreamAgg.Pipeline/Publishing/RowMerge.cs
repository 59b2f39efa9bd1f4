using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Digests;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Publishing;

/// <summary>Turns what a snapshot holds of an hour or a day into the row to be published. Pure.</summary>
internal static class RowMerge
{
    private const double Quantile = 0.99;
    private const double MicrosAMillisecond = 1000;

    public static Publication<HourKey> Hour(DirtyHour hour, int compression)
    {
        var totals = default(BucketTotals);
        long inputRev = 0;
        var digests = new List<TDigest>(hour.Inputs.Count);
        foreach (var (row, rev) in hour.Inputs)
        {
            totals.Add(row.Totals);
            inputRev += rev;
            if (row.Totals.DurationCount > 0)
                digests.Add(StoredDigest.Decode(row.Digest.Span, row.Hour, row.Platform));
        }

        var (p99, centroids) = Merge(digests, compression);
        return new Publication<HourKey>(hour.Key, hour.Mark, inputRev, totals, p99, centroids);
    }

    public static Publication<DayKey> Day(DirtyDay day, int compression)
    {
        var totals = default(BucketTotals);
        long inputRev = 0;
        var digests = new List<TDigest>(day.Hours.Count);
        foreach (var hour in day.Hours)
        {
            totals.Add(hour.Totals);
            inputRev += hour.InputRev;
            if (hour.Centroids is { } centroids)
                digests.Add(StoredDigest.Restore(centroids, hour.Hour, day.Key.Platform));
        }

        var (p99, merged) = Merge(digests, compression);
        return new Publication<DayKey>(day.Key, day.Mark, inputRev, totals, p99, merged);
    }

    /// <summary>The quantile is read from all centroids at once; only what is stored is compacted.</summary>
    private static (double? P99Milliseconds, DigestCentroids? Centroids) Merge(List<TDigest> digests, int compression)
    {
        if (digests.Count == 0)
            return (null, null);
        var merged = TDigest.Merge([.. digests], compression);
        double p99 = merged.Quantile(Quantile, MicrosAMillisecond);
        return (p99, merged.ToCentroids());
    }
}
