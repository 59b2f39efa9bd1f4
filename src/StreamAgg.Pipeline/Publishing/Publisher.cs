using Microsoft.Extensions.Logging;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Pipeline.Publishing;

/// <summary>Publishes closed dirty hours, then closed dirty days. Any number may run at once; the store's guards make it right.</summary>
/// <remarks>One call at a time an instance. No leader is elected: two that meet do the same work twice, and the second writes nothing.</remarks>
public sealed class Publisher(
    PipelineOptions options, PipelineTopics topics, ILogFacts facts, IAggregateStore store, StreamAggMetrics metrics, ILogger logger, TimeProvider time)
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

            int hours = await PublishHoursAsync(known, cancellation);
            int days = await PublishDaysAsync(known, cancellation);
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
            if (topics.PartitionsOf(await facts.DescribeAsync(topics.All, cancellation)) is { } answer)
                partitions = answer;
        }
        catch (LogUnavailableException e)
        {
            PipelineLog.EndsUnknown(logger, e.Message);
        }

        return partitions;
    }

    private async Task<int> PublishHoursAsync(IReadOnlyList<SourcePartition> known, CancellationToken cancellation)
    {
        int written = 0;
        HourKey? first = null;
        while (true)
        {
            using var activity = metrics.Activities.StartActivity("publish hours");
            var snapshot = await store.ReadDirtyHoursAsync(known, BatchSize, cancellation);
            metrics.WatermarkAt(snapshot.Watermark, await store.NowAsync(cancellation));
            if (snapshot.Hours.Count == 0)
                return written;
            var rows = snapshot.Hours.Select(hour => RowMerge.Hour(hour, options.Compression)).ToArray();
            var result = await store.PublishHoursAsync(rows, cancellation);
            activity?.SetTag("streamagg.rows", rows.Length);
            written += Report("hourly", result);
            // The same first key again: its mark is held or renewed by a checkpoint, the next pass comes soon enough.
            if (!snapshot.HasMore || rows[0].Key == first)
                return written;
            first = rows[0].Key;
        }
    }

    private async Task<int> PublishDaysAsync(IReadOnlyList<SourcePartition> known, CancellationToken cancellation)
    {
        int written = 0;
        DayKey? first = null;
        while (true)
        {
            using var activity = metrics.Activities.StartActivity("publish days");
            var snapshot = await store.ReadDirtyDaysAsync(known, BatchSize, cancellation);
            if (snapshot.Days.Count == 0)
                return written;
            var rows = snapshot.Days.Select(day => RowMerge.Day(day, options.Compression)).ToArray();
            var result = await store.PublishDaysAsync(rows, cancellation);
            activity?.SetTag("streamagg.rows", rows.Length);
            written += Report("daily", result);
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
