using StreamAgg.Core.Time;

namespace StreamAgg.Service.Output;

/// <summary>
/// Every line that the service itself logs. Event ids: 900 start and end, 910 the minute's line, 920 HTTP, 930 telemetry, 940 memory.
/// </summary>
internal static partial class ServiceLogMessages
{
    [LoggerMessage(900, LogLevel.Information,
        "streamagg {Version}: pipeline {Pipeline}, group {Group} on {Servers}, publishing into schema {Schema}")]
    public static partial void Starting(this ILogger logger, string version, string pipeline, string group, string servers, string schema);

    [LoggerMessage(901, LogLevel.Information, "PostgreSQL answers and its schema fits")]
    public static partial void StoreReady(this ILogger logger);

    [LoggerMessage(902, LogLevel.Information, "{Topic}: {Partitions} partitions, never read by this pipeline: reading starts at: {Start}")]
    public static partial void StartsFresh(this ILogger logger, string topic, int partitions, string start);

    [LoggerMessage(903, LogLevel.Information, "{Topic}: {Partitions} partitions, goes on where its last checkpoint ended: {Offsets}")]
    public static partial void GoesOn(this ILogger logger, string topic, int partitions, string offsets);

    [LoggerMessage(904, LogLevel.Information, "HTTP on {Url}")]
    public static partial void Serving(this ILogger logger, string url);

    [LoggerMessage(905, LogLevel.Information, "stopping: a last checkpoint, then the group is left")]
    public static partial void Stopping(this ILogger logger);

    [LoggerMessage(906, LogLevel.Information, "stopped")]
    public static partial void Stopped(this ILogger logger);

    [LoggerMessage(907, LogLevel.Information, "migrated: {Migrations}")]
    public static partial void Migrated(this ILogger logger, string migrations);

    [LoggerMessage(908, LogLevel.Information, "waiting for {What}, at most {Seconds} s: {Reason}")]
    public static partial void Waiting(this ILogger logger, string what, double seconds, string reason);

    [LoggerMessage(909, LogLevel.Warning,
        "StreamAgg:Digest:Compression is {Compression}: below 100 the bound of p99 is (100 / compression)^3 times as wide as stated (docs/t-digest.md)")]
    public static partial void CompressionIsLow(this ILogger logger, int compression);

    [LoggerMessage(910, LogLevel.Information,
        "the hour {Hour} closes when the watermark reaches {End}, it is at {Watermark}; {OpenHours} open hours, {DirtyHours} to publish, lag {Lag}; "
        + "refused {Refused}")]
    public static partial void NextHour(
        this ILogger logger, Hour hour, Instant end, Instant watermark, long openHours, long dirtyHours, string lag, string refused);

    [LoggerMessage(911, LogLevel.Information,
        "no hour closes yet: {Waiting} have no watermark; {OpenHours} open hours, {DirtyHours} to publish, lag {Lag}; refused {Refused}")]
    public static partial void NoWatermark(this ILogger logger, string waiting, long openHours, long dirtyHours, string lag, string refused);

    [LoggerMessage(912, LogLevel.Warning, "the minute's status is not known: {Reason} This process: {Vitals}")]
    public static partial void StatusUnknown(this ILogger logger, string reason, string vitals);

    [LoggerMessage(913, LogLevel.Error, "the minute's status could not be asked for")]
    public static partial void StatusFailed(this ILogger logger, Exception fault);

    [LoggerMessage(920, LogLevel.Error, "{Path} could not be answered")]
    public static partial void RequestFailed(this ILogger logger, Exception fault, string? path);

    [LoggerMessage(921, LogLevel.Warning, "{Path}: the answer was broken off: {Reason}")]
    public static partial void AnswerBroken(this ILogger logger, string? path, string reason);

    [LoggerMessage(922, LogLevel.Warning,
        "HTTP on {Url} is open to whoever can connect, and asks for no token: set StreamAgg:Http:TokenFile, or listen on a loopback address")]
    public static partial void HttpIsOpen(this ILogger logger, string url);

    [LoggerMessage(923, LogLevel.Information, "{File} has changed and was taken")]
    public static partial void FileTaken(this ILogger logger, string file);

    [LoggerMessage(924, LogLevel.Warning, "{File} can't be taken, what it held before stands: {Reason}")]
    public static partial void FileNotTaken(this ILogger logger, string file, string reason);

    [LoggerMessage(930, LogLevel.Warning, "{Signal} do not arrive at {Endpoint} (said once, until they do): {Reason}")]
    public static partial void TelemetryLost(this ILogger logger, string signal, string endpoint, string reason);

    [LoggerMessage(931, LogLevel.Information, "{Signal} arrive at {Endpoint} again")]
    public static partial void TelemetryArrives(this ILogger logger, string signal, string endpoint);

    [LoggerMessage(940, LogLevel.Information, "memory is allocated by {Library}")]
    public static partial void AllocatesBy(this ILogger logger, string library);
}
