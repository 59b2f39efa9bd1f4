using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Digests;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Postgres.Tests;

/// <summary>Small contents for tests, and the pipeline's two merges in their plainest form.</summary>
internal static class Sample
{
    public static readonly CancellationToken None = CancellationToken.None;

    public static readonly SourcePartition Usage0 = new("usage", 0), Usage1 = new("usage", 1), Error0 = new("error", 0);

    /// <summary>2026-01-01, a day whose hours are named 0 to 23 in tests.</summary>
    public static readonly Day FirstDay = Day.FromDate(new DateOnly(2026, 1, 1));

    public static Hour Hour(int number) => new(FirstDay.FirstHour.SinceEpoch + number);

    /// <summary>One usage event for each duration.</summary>
    public static PartialRow Row(int hour, string platform, params long[] durationsMicros)
    {
        var totals = new BucketTotals { SuccessCount = durationsMicros.Length };
        var digest = new TDigest();
        foreach (long micros in durationsMicros)
        {
            totals.AddDuration(micros);
            digest.Add(micros);
        }
        return new PartialRow(Hour(hour), platform, totals, Encode(digest));
    }

    public static byte[] Encode(TDigest digest)
    {
        if (digest.Count == 0)
            return [];
        byte[] bytes = new byte[digest.EncodedLength];
        digest.Encode(bytes);
        return bytes;
    }

    public static TDigest? Decode(ReadOnlyMemory<byte> bytes) =>
        bytes.IsEmpty ? null : TDigest.TryDecode(bytes.Span, out TDigest digest) ? digest : throw new InvalidDataException();

    public static PartitionCheckpoint Checkpoint(SourcePartition source, Fence fence, long next, params PartialRow[] changed) =>
        new() { Source = source, Fence = fence, NextOffset = next, Changed = changed };

    /// <summary>A claim and nothing else.</summary>
    public static async Task<Fence> FenceAsync(this PostgresStore store, SourcePartition source) =>
        (await store.ClaimAsync(source, "tester", None)).Fence;

    public static async Task CommitAsync(this PostgresStore store, params PartitionCheckpoint[] partitions) =>
        Assert.True((await store.CheckpointAsync(partitions, None)).IsCommitted);

    public static Publication<HourKey> Merge(DirtyHour hour)
    {
        var (totals, digest) = Merge(hour.Inputs.Select(input => (input.Row.Totals, Decode(input.Row.Digest))));
        return new Publication<HourKey>(hour.Key, hour.Mark, hour.Inputs.Sum(input => input.Rev), totals, digest?.Quantile(0.99) / 1000, digest?.ToCentroids());
    }

    public static Publication<DayKey> Merge(DirtyDay day)
    {
        var (totals, digest) = Merge(day.Hours.Select(hour => (hour.Totals, FromCentroids(hour.Centroids))));
        return new Publication<DayKey>(day.Key, day.Mark, day.Hours.Sum(hour => hour.InputRev), totals, digest?.Quantile(0.99) / 1000, digest?.ToCentroids());
    }

    /// <summary>One round of a publisher: hours, then days.</summary>
    public static async Task<(PublishResult Hours, PublishResult Days)> PublishAsync(this PostgresStore store, params SourcePartition[] partitions)
    {
        HourSnapshot hours = await store.ReadDirtyHoursAsync(partitions, 1000, None);
        PublishResult hourly = await store.PublishHoursAsync([.. hours.Hours.Select(Merge)], None);
        DaySnapshot days = await store.ReadDirtyDaysAsync(partitions, 1000, None);
        return (hourly, await store.PublishDaysAsync([.. days.Days.Select(Merge)], None));
    }

    private static TDigest? FromCentroids(DigestCentroids? centroids) =>
        centroids is null ? null : TDigest.TryFromCentroids(centroids, out TDigest digest) ? digest : throw new InvalidDataException();

    private static (BucketTotals Totals, TDigest? Digest) Merge(IEnumerable<(BucketTotals Totals, TDigest? Digest)> inputs)
    {
        var totals = new BucketTotals();
        var digests = new List<TDigest>();
        foreach (var (part, digest) in inputs)
        {
            totals.Add(part);
            if (digest is not null)
                digests.Add(digest);
        }
        return (totals, digests.Count == 0 ? null : TDigest.Merge(digests.ToArray(), 100));
    }
}
