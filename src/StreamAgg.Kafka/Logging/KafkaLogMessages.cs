using Microsoft.Extensions.Logging;

namespace StreamAgg.Kafka.Logging;

/// <summary>Every line that this project logs. Event ids 2000 to 2099.</summary>
internal static partial class KafkaLogMessages
{
    [LoggerMessage(2000, LogLevel.Debug, "{Client}: {Facility}: {Text}")]
    public static partial void ClientDebug(this ILogger logger, string client, string facility, string text);

    [LoggerMessage(2001, LogLevel.Information, "{Client}: {Facility}: {Text}{Repeats}")]
    public static partial void ClientInformation(this ILogger logger, string client, string facility, string text, string repeats);

    [LoggerMessage(2002, LogLevel.Warning, "{Client}: {Facility}: {Text}{Repeats}")]
    public static partial void ClientWarning(this ILogger logger, string client, string facility, string text, string repeats);

    [LoggerMessage(2003, LogLevel.Warning, "Kafka: {Reason} ({Code}); the client goes on trying{Repeats}")]
    public static partial void ClientError(this ILogger logger, string code, string reason, string repeats);

    [LoggerMessage(2004, LogLevel.Warning, "{Topic}-{Partition}: {Reason} ({Code}); the client goes on trying{Repeats}")]
    public static partial void PartitionError(this ILogger logger, string topic, int partition, string code, string reason, string repeats);

    [LoggerMessage(2005, LogLevel.Debug, "Assigned {Count} partitions")]
    public static partial void Assigned(this ILogger logger, int count);

    [LoggerMessage(2006, LogLevel.Debug, "Giving up {Count} partitions")]
    public static partial void Revoking(this ILogger logger, int count);

    [LoggerMessage(2007, LogLevel.Warning,
        "{Count} partitions were not written in {Seconds} s and are given up as they are; their next owner reads the rest again")]
    public static partial void NotReleased(this ILogger logger, int count, double seconds);

    [LoggerMessage(2008, LogLevel.Debug, "Lost {Count} partitions: this member was out of touch for too long, others own them by now")]
    public static partial void Lost(this ILogger logger, int count);

    [LoggerMessage(2009, LogLevel.Debug, "{Topic}-{Partition}: can't seek to {Offset} yet ({Code})")]
    public static partial void SeekPostponed(this ILogger logger, string topic, int partition, long offset, int code);

    [LoggerMessage(2010, LogLevel.Information, "{Topic}-{Partition}: reading is taken up again at {Offset}: {Reason}")]
    public static partial void Restarted(this ILogger logger, string topic, int partition, long offset, string reason);

    [LoggerMessage(2011, LogLevel.Debug, "Committing offsets to the group failed: {Reason}; only lag tools read them")]
    public static partial void CommitFailed(this ILogger logger, string reason);

    [LoggerMessage(2012, LogLevel.Warning, "The Kafka client did not close within {Seconds} s and is left behind: it is still waiting for a broker")]
    public static partial void NotClosed(this ILogger logger, double seconds);

    [LoggerMessage(2013, LogLevel.Warning, "A dead letter was not stored: {Reason} ({Code}); it is sent again{Repeats}")]
    public static partial void DeadLetterRetried(this ILogger logger, string code, string reason, string repeats);

    [LoggerMessage(2014, LogLevel.Warning, "A dead letter of {Length} bytes is too large for its topic: it is cut to {Cut} bytes")]
    public static partial void DeadLetterCut(this ILogger logger, long length, long cut);

    [LoggerMessage(2015, LogLevel.Information, "Created topic {Topic} with {Partitions} partitions")]
    public static partial void TopicCreated(this ILogger logger, string topic, int partitions);

    [LoggerMessage(2016, LogLevel.Information, "Waiting up to {Seconds} s for missing topics: {Topics}")]
    public static partial void WaitingForTopics(this ILogger logger, double seconds, string topics);

    [LoggerMessage(2017, LogLevel.Warning,
        "group.instance.id {InstanceId} is still held by another member: if that one crashed, its session ends soon; waiting for that, at most {Seconds} s")]
    public static partial void InstanceIdHeld(this ILogger logger, string instanceId, double seconds);
}
