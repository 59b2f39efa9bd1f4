using Microsoft.Extensions.Logging;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;

namespace StreamAgg.Pipeline.Telemetry;

/// <summary>Every line that the pipeline logs. Event ids: 100 members, 200 checkpoints, 300 publishing.</summary>
internal static partial class PipelineLog
{
    [LoggerMessage(100, LogLevel.Debug, "{Topic}: introduced with {Partitions} partitions, which start at the {Start} (where nobody was faster)")]
    public static partial void TopicIntroduced(ILogger logger, string topic, int partitions, StartPosition start);

    public static void Assigned(ILogger logger, string member, IReadOnlyList<SourcePartition> partitions) =>
        AssignedTo(logger, member, partitions.Count, Names(partitions));

    public static void Revoking(ILogger logger, string member, IReadOnlyList<SourcePartition> partitions) =>
        RevokedFrom(logger, member, partitions.Count, Names(partitions));

    public static void Lost(ILogger logger, string member, IReadOnlyList<SourcePartition> partitions) =>
        LostBy(logger, member, partitions.Count, Names(partitions));

    [LoggerMessage(104, LogLevel.Information, "{Source}: claimed with epoch {Epoch}, reading from offset {NextOffset}, {Partials} partials loaded")]
    public static partial void Claimed(ILogger logger, SourcePartition source, long nextOffset, long epoch, int partials);

    [LoggerMessage(105, LogLevel.Warning, "{Source}: not claimed yet, trying again: {Reason}")]
    public static partial void ClaimFailed(ILogger logger, SourcePartition source, string reason);

    [LoggerMessage(106, LogLevel.Warning, "{Source}: dropped, to be claimed again while it is assigned: {Reason}")]
    public static partial void PartitionDropped(ILogger logger, SourcePartition source, string reason);

    [LoggerMessage(107, LogLevel.Error, "{Source}: GAP: records from offset {FromOffset} to {ToOffset} are gone: {Reason}")]
    public static partial void GapFound(ILogger logger, SourcePartition source, long fromOffset, long? toOffset, string reason);

    [LoggerMessage(108, LogLevel.Warning, "{Member}: ended without its final checkpoint; what was read since the last one will be read again")]
    public static partial void StoppedWithoutCheckpoint(ILogger logger, string member);

    [LoggerMessage(200, LogLevel.Warning, "checkpoint not written, trying again; reading goes on: {Reason}")]
    public static partial void CheckpointFailed(ILogger logger, string reason);

    [LoggerMessage(201, LogLevel.Warning, "the answer to a commit was lost, reading the fences back: {Reason}")]
    public static partial void CommitUnknown(ILogger logger, string reason);

    [LoggerMessage(202, LogLevel.Warning, "the database does not answer, trying again: {Reason}")]
    public static partial void StoreAway(ILogger logger, string reason);

    [LoggerMessage(203, LogLevel.Warning, "the brokers did not tell the log's ends; no hour closes by the clock: {Reason}")]
    public static partial void EndsUnknown(ILogger logger, string reason);

    [LoggerMessage(204, LogLevel.Warning, "the brokers did not tell the ends of {Count} partitions, of {First} first; no hour closes by the clock")]
    public static partial void SomeEndsUnknown(ILogger logger, int count, SourcePartition first);

    [LoggerMessage(205, LogLevel.Warning, "the brokers do not tell the log's ends, the lag stays as it was: {Reason}")]
    public static partial void LagUnknown(ILogger logger, string reason);

    [LoggerMessage(206, LogLevel.Information, "the brokers tell the log's ends again")]
    public static partial void EndsKnownAgain(ILogger logger);

    [LoggerMessage(300, LogLevel.Information, "published {Hours} hourly and {Days} daily rows")]
    public static partial void Published(ILogger logger, int hours, int days);

    [LoggerMessage(301, LogLevel.Warning, "not published, trying again: {Reason}")]
    public static partial void PublishFailed(ILogger logger, string reason);

    [LoggerMessage(302, LogLevel.Warning, "{Rows} rows in {Table} were not written here and count more than this log holds; they stay")]
    public static partial void RowsKept(ILogger logger, string table, int rows);

    [LoggerMessage(303, LogLevel.Information, "{Rows} rows of state were older than Retention and are removed; published rows stay")]
    public static partial void Forgotten(ILogger logger, long rows);

    [LoggerMessage(101, LogLevel.Information, "{Member}: assigned {Count} partitions: {Partitions}")]
    private static partial void AssignedTo(ILogger logger, string member, int count, string partitions);

    [LoggerMessage(102, LogLevel.Information, "{Member}: giving up {Count} partitions: {Partitions}")]
    private static partial void RevokedFrom(ILogger logger, string member, int count, string partitions);

    [LoggerMessage(103, LogLevel.Warning, "{Member}: lost {Count} partitions, having been out of touch with the group for too long; others may own them: {Partitions}")]
    private static partial void LostBy(ILogger logger, string member, int count, string partitions);

    private static string Names(IReadOnlyList<SourcePartition> partitions) => string.Join(' ', partitions);
}
