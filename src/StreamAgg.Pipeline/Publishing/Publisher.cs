using Microsoft.Extensions.Logging;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Pipeline.Publishing;

/// <summary>Publishes hours, then days, that are closed and dirty: changed since they were published. Any number may run at once.</summary>
/// <remarks>
/// One call at a time per instance. No leader is elected: where two meet, both do the work, and the store's guards let the second write nothing.
/// </remarks>
public sealed class Publisher(
    PipelineOptions options, PipelineTopics topics, ILogMetadata metadata, IAggregateStore store, StreamAggMetrics metrics, ILogger logger, TimeProvider time)
{
    /// <summary>Keys a transaction: about 1 MB of centroids, and locks that are held for tens of milliseconds.</summary>
    public const int BatchSize = 250;

    private IReadOnlyList<SourcePartition>? partitions;

    /// <summary>One pass: everything that is closed and dirty now.</summary>
    /// <returns>False where the store or the brokers could not be asked: try again later.</returns>
    public async Task<bool> PublishOnceAsync(CancellationToken cancellation)
    {
        long startedAt = time.GetTimestamp();
        try
        {
            if (await PartitionsAsync(cancellation) is not { } known)
            {
                metrics.PublicationFailed();
                return false;
            }

            int hours = await PublishAsync("hours", "hourly", known, ReadHoursAsync, store.PublishHoursAsync, cancellation);
            int days = await PublishAsync("days", "daily", known, store.ReadDirtyDaysAsync, store.PublishDaysAsync, cancellation);
            if (hours + days > 0)
                PipelineLog.Published(logger, hours, days);
            metrics.PublishTook(time.GetElapsedTime(startedAt));
            return true;
        }
        catch (Exception e) when (e is StoreUnavailableException or CommitOutcomeUnknownException)
        {
            // Nothing is lost: the marks of what was not published are still there.
            PipelineLog.PublishFailed(logger, e.Message);
            metrics.PublicationFailed();
            return false;
        }
    }

    /// <summary>
    /// The partitions of which the smallest watermark is taken. Where the brokers do not answer the last answer serves: partitions
    /// do not go away, and one that was added meanwhile can only make a row early, which its events then correct.
    /// </summary>
    private async Task<IReadOnlyList<SourcePartition>?> PartitionsAsync(CancellationToken cancellation)
    {
        try
        {
            if (topics.PartitionsOf(await metadata.DescribeAsync(topics.All, cancellation)) is { } answer)
                partitions = answer;
        }
        catch (LogUnavailableException e)
        {
            PipelineLog.EndsUnknown(logger, e.Message);
        }

        return partitions;
    }

    private async Task<DirtySnapshot<Hour>> ReadHoursAsync(IReadOnlyList<SourcePartition> known, int limit, CancellationToken cancellation)
    {
        DirtySnapshot<Hour> snapshot = await store.ReadDirtyHoursAsync(known, limit, cancellation);
        metrics.WatermarkAt(snapshot.Watermark, await store.NowAsync(cancellation));
        return snapshot;
    }

    private async Task<int> PublishAsync<TBucket>(
        string buckets,
        string table,
        IReadOnlyList<SourcePartition> known,
        Func<IReadOnlyList<SourcePartition>, int, CancellationToken, Task<DirtySnapshot<TBucket>>> read,
        Func<IReadOnlyList<Publication<TBucket>>, CancellationToken, Task<PublishResult>> write,
        CancellationToken cancellation)
        where TBucket : IComparable<TBucket>
    {
        int written = 0;
        BucketKey<TBucket>? first = null;
        while (true)
        {
            using var activity = metrics.Activities.StartActivity($"publish {buckets}");
            DirtySnapshot<TBucket> snapshot = await read(known, BatchSize, cancellation);
            if (snapshot.Buckets.Count == 0)
                return written;
            Publication<TBucket>[] rows = [.. snapshot.Buckets.Select(bucket => RowMerge.Of(bucket, options.Compression))];
            PublishResult result = await write(rows, cancellation);
            activity?.SetTag("streamagg.rows", rows.Length);
            written += Report(table, result);
            // The same first key again: its mark is held or renewed by a checkpoint, the next pass comes soon enough.
            if (!snapshot.HasMore || rows[0].Key == first)
                return written;
            first = rows[0].Key;
        }
    }

    private int Report(string table, PublishResult result)
    {
        metrics.Published(table, result);
        if (result.RowsKept > 0)
            PipelineLog.RowsKept(logger, table, result.RowsKept);
        return result.RowsWritten;
    }
}
