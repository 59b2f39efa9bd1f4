using Microsoft.Extensions.Logging;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Telemetry;

/// <summary>What happens, told in one call to whoever reads lines and to whoever counts. Ids: 100 members, 200 checkpoints, 300 publishing.</summary>
internal sealed partial class PipelineHappenings(StreamAggMetrics metrics, ILogger logger)
{
    [LoggerMessage(100, LogLevel.Debug, "{Topic}: introduced with {Partitions} partitions, which start at the {Start} (where nobody was faster)")]
    public partial void TopicIntroduced(string topic, int partitions, StartPosition start);

    public void Assigned(string member, IReadOnlyList<SourcePartition> partitions)
    {
        metrics.Rebalanced("assigned");
        AssignedTo(member, partitions.Count, Names(partitions));
    }

    public void Revoking(string member, IReadOnlyList<SourcePartition> partitions)
    {
        metrics.Rebalanced("revoked");
        RevokedFrom(member, partitions.Count, Names(partitions));
    }

    public void Lost(string member, IReadOnlyList<SourcePartition> partitions)
    {
        metrics.Rebalanced("lost");
        LostBy(member, partitions.Count, Names(partitions));
    }

    /// <summary>Whoever stores a gap, may have stored it, or is about to, calls this.</summary>
    public void GapFound(Gap gap)
    {
        metrics.GapRecorded();
        GapIn(gap.Source, gap.FromOffset, gap.ToOffset, gap.Reason);
    }

    public void Fenced(SourcePartition source, string reason)
    {
        metrics.Fenced();
        PartitionDropped(source, reason);
    }

    public void CheckpointFailed(string reason)
    {
        metrics.CheckpointFailed();
        NotWritten(reason);
    }

    public void Published(int hours, int days, TimeSpan duration)
    {
        metrics.PublishTook(duration);
        if (hours + days > 0)
            RowsPublished(hours, days);
    }

    public void PublishFailed(string reason)
    {
        metrics.PublicationFailed();
        NotPublished(reason);
    }

    public void Published(string table, PublishResult result)
    {
        metrics.Published(table, result);
        if (result.RowsKept > 0)
            RowsKept(table, result.RowsKept);
    }

    [LoggerMessage(104, LogLevel.Information, "{Source}: claimed with epoch {Epoch}, reading from offset {NextOffset}, {Partials} partials loaded")]
    public partial void Claimed(SourcePartition source, long nextOffset, long epoch, int partials);

    [LoggerMessage(105, LogLevel.Warning, "{Source}: not claimed yet, trying again: {Reason}")]
    public partial void ClaimFailed(SourcePartition source, string reason);

    [LoggerMessage(106, LogLevel.Warning, "{Source}: dropped, to be claimed again while it is assigned: {Reason}")]
    public partial void PartitionDropped(SourcePartition source, string reason);

    [LoggerMessage(108, LogLevel.Warning, "{Member}: ended without its final checkpoint; what was read since the last one will be read again")]
    public partial void StoppedWithoutCheckpoint(string member);

    [LoggerMessage(201, LogLevel.Warning, "the answer to a commit was lost, reading the fences back: {Reason}")]
    public partial void CommitUnknown(string reason);

    [LoggerMessage(202, LogLevel.Warning, "the database does not answer, trying again: {Reason}")]
    public partial void StoreAway(string reason);

    [LoggerMessage(203, LogLevel.Warning, "the brokers did not tell the log's ends; no hour closes by the clock: {Reason}")]
    public partial void EndsUnknown(string reason);

    [LoggerMessage(204, LogLevel.Warning, "the brokers did not tell the ends of {Count} partitions, of {First} first; no hour closes by the clock")]
    public partial void SomeEndsUnknown(int count, SourcePartition first);

    [LoggerMessage(205, LogLevel.Warning, "the brokers do not tell the log's ends, the lag stays as it was: {Reason}")]
    public partial void LagUnknown(string reason);

    [LoggerMessage(206, LogLevel.Information, "the brokers tell the log's ends again")]
    public partial void EndsKnownAgain();

    [LoggerMessage(107, LogLevel.Error, "{Source}: GAP: records from offset {FromOffset} to {ToOffset} are gone: {Reason}")]
    private partial void GapIn(SourcePartition source, long fromOffset, long? toOffset, string reason);

    [LoggerMessage(200, LogLevel.Warning, "checkpoint not written, trying again; reading goes on: {Reason}")]
    private partial void NotWritten(string reason);

    [LoggerMessage(300, LogLevel.Information, "published {Hours} hourly and {Days} daily rows")]
    private partial void RowsPublished(int hours, int days);

    [LoggerMessage(301, LogLevel.Warning, "not published, trying again: {Reason}")]
    private partial void NotPublished(string reason);

    [LoggerMessage(302, LogLevel.Warning, "{Rows} rows in {Table} were not written here and count more than this log holds; they stay")]
    private partial void RowsKept(string table, int rows);

    [LoggerMessage(303, LogLevel.Information, "{Rows} rows of state were older than Retention and are removed; published rows stay")]
    public partial void Forgotten(long rows);

    [LoggerMessage(101, LogLevel.Information, "{Member}: assigned {Count} partitions: {Partitions}")]
    private partial void AssignedTo(string member, int count, string partitions);

    [LoggerMessage(102, LogLevel.Information, "{Member}: giving up {Count} partitions: {Partitions}")]
    private partial void RevokedFrom(string member, int count, string partitions);

    [LoggerMessage(103, LogLevel.Warning,
        "{Member}: lost {Count} partitions, having been out of touch with the group for too long; others may own them: {Partitions}")]
    private partial void LostBy(string member, int count, string partitions);

    private static string Names(IReadOnlyList<SourcePartition> partitions) => string.Join(' ', partitions);
}
