using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
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

    public static byte[] Encode(TDigest digest) => digest.Count == 0 ? [] : digest.ToBytes();

    public static TDigest? Decode(ReadOnlyMemory<byte> bytes) =>
        bytes.IsEmpty ? null : TDigest.TryDecode(bytes.Span, out TDigest digest) ? digest : throw new InvalidDataException();

    public static PartitionCheckpoint Checkpoint(SourcePartition source, Fence fence, long next, params PartialRow[] changed) =>
        new() { Source = source, Fence = fence, NextOffset = next, Changed = changed };

    /// <summary>A claim and nothing else.</summary>
    public static async Task<Fence> FenceAsync(this PostgresStore store, SourcePartition source) =>
        (await store.ClaimAsync(source, "tester", None)).Fence;

    public static async Task CommitAsync(this PostgresStore store, params PartitionCheckpoint[] partitions) =>
        Assert.True((await store.CheckpointAsync(partitions, None)).IsCommitted);

    public static Publication<TBucket> Merge<TBucket>(DirtyBucket<TBucket> bucket)
        where TBucket : IComparable<TBucket>
    {
        return StreamAgg.Pipeline.Publishing.RowMerge.Of(bucket, 100);
    }

    /// <summary>One round of a publisher: hours, then days.</summary>
    public static async Task<(PublishResult Hours, PublishResult Days)> PublishAsync(this PostgresStore store, params SourcePartition[] partitions)
    {
        DirtySnapshot<Hour> hours = await store.ReadDirtyHoursAsync(partitions, 1000, None);
        PublishResult hourly = await store.PublishHoursAsync([.. hours.Buckets.Select(Merge)], None);
        DirtySnapshot<Day> days = await store.ReadDirtyDaysAsync(partitions, 1000, None);
        return (hourly, await store.PublishDaysAsync([.. days.Buckets.Select(Merge)], None));
    }
}
