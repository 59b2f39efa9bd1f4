using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Publishing;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Postgres.Queries;

/// <summary>Puts together what <see cref="LiveQueries"/> reads. Of one thread, as digests are.</summary>
internal sealed class LiveBuckets(LiveQuestion question, Instant now)
{
    private const double MicrosAMillisecond = 1000;

    private readonly SortedDictionary<(Instant Start, string Platform), Bucket> buckets = new(Comparer<(Instant Start, string Platform)>.Create(
        (a, b) => a.Start.CompareTo(b.Start) is var byStart && byStart != 0 ? byStart : string.CompareOrdinal(a.Platform, b.Platform)));

    private readonly HashSet<(Instant Start, string Platform)> published = [];

    public int HoursRead => published.Count;

    public void AddPublished(PublishedRow row, BucketTotals totals)
    {
        published.Add((row.Start, row.Label));
        var bucket = At(row.Start, row.Label);
        bucket.Published = question.Days is null ? row : null;
        bucket.Totals.Add(totals);
    }

    public void AddDigest(Instant start, string platform, DigestCentroids centroids)
    {
        // A sketch is committed with its row: without one the row was deleted by somebody.
        if (buckets.TryGetValue((StartOf(start), platform), out var bucket))
            bucket.Digests.Add(StoredDigest.Restore(centroids, start.Hour, platform));
    }

    /// <summary>An hour that changed after it was published is shown as it was published: the next pass will do it.</summary>
    public void AddOpen(DirtyBucket<Hour> hour)
    {
        if (published.Contains((hour.Key.Bucket.Start, hour.Key.Label)))
            return;
        BucketTotals totals = RowMerge.TotalsOf(hour.Inputs);
        if (totals.IsEmpty)
            return;
        var bucket = At(hour.Key.Bucket.Start, hour.Key.Label);
        bucket.Totals.Add(totals);
        bucket.Digests.AddRange(RowMerge.DigestsOf(hour.Inputs, Spreads.Latency));
        bucket.IsProvisional = true;
    }

    public LiveRange ToRange()
    {
        var totals = new SortedDictionary<string, Bucket>(StringComparer.Ordinal);
        foreach (var ((_, platform), bucket) in buckets)
        {
            var total = totals.TryGetValue(platform, out var known) ? known : totals[platform] = new Bucket();
            total.Totals.Add(bucket.Totals);
            total.Digests.AddRange(bucket.Digests);
            total.IsProvisional |= bucket.IsProvisional;
        }

        return new LiveRange(
            [.. buckets.Select(bucket => RowOf(bucket.Key.Start, bucket.Key.Platform, bucket.Value))],
            [.. totals.Select(total => RowOf(question.From, total.Key, total.Value))]);
    }

    private LiveRow RowOf(Instant start, string platform, Bucket bucket)
    {
        TDigest? merged = bucket.Digests.Count == 0 ? null : TDigest.Merge([.. bucket.Digests], TDigest.MaxCompression);
        var contents = new RowContents(bucket.Totals, Quantiles.Of(merged));
        var row = bucket.Published ?? new PublishedRow(
            start, platform, [.. Figures.Basic.Select(figure => figure.SqlType == Figures.Time ? now : figure.Of(contents))]);
        return new LiveRow(row, bucket.IsProvisional, merged is null ? null : new Latencies(
            merged.Count, [.. question.Quantiles.Select(q => merged.Quantile(q, MicrosAMillisecond))], BinsOf(bucket.Digests)));
    }

    /// <summary>A centroid's values lie so near to each other that their mean's bin is mostly that of all.</summary>
    private static long[] BinsOf(List<TDigest> digests)
    {
        long[] bins = new long[Latencies.BinCount];
        foreach (var centroids in digests.Select(digest => digest.ToCentroids()))
        {
            for (int i = 0; i < centroids.Means.Length; i++)
            {
                double bin = Math.Log10(Math.Max(centroids.Means[i], MicrosAMillisecond) / MicrosAMillisecond) * Latencies.BinsADecade;
                bins[(int)Math.Min(bin, Latencies.BinCount - 1)] += centroids.Weights[i];
            }
        }

        return bins;
    }

    private Bucket At(Instant start, string platform)
    {
        var key = (StartOf(start), platform);
        return buckets.TryGetValue(key, out var bucket) ? bucket : buckets[key] = new Bucket();
    }

    /// <summary>A day's is the midnight of its date, as if it were one in UTC: rows of days show dates.</summary>
    private Instant StartOf(Instant hour) => question.Days is { } zone
        ? Day.FromDate(DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(hour.ToUtcDateTime(), zone))).Start
        : hour;

    private sealed class Bucket
    {
        public PublishedRow? Published;
        public BucketTotals Totals;
        public bool IsProvisional;
        public readonly List<TDigest> Digests = [];
    }
}
