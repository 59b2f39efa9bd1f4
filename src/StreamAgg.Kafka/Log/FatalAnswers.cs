using Confluent.Kafka;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <summary>What the brokers, or the client, say when only a person can mend it.</summary>
internal static class FatalAnswers
{
    public static LogFatalException Of((int Code, string Reason) error) => new((ErrorCode)error.Code switch
    {
        ErrorCode.FencedInstanceId => $"Another member took over this group.instance.id: {error.Reason}. Give every process an id of its own.",
        ErrorCode.UnreleasedInstanceId => $"Another member still holds this group.instance.id: {error.Reason}. Stop it, or give every process an id of its own.",
        _ => $"The Kafka client can't go on: {error.Reason} ({(ErrorCode)error.Code}).",
    });

    /// <param name="code">One of the three that refuse a right.</param>
    /// <param name="reason">The client's words.</param>
    /// <param name="topics">The two that are read.</param>
    public static LogFatalException NotAuthorized(ErrorCode code, string reason, string[] topics) => new(code switch
    {
        ErrorCode.GroupAuthorizationFailed => $"Not authorized for the consumer group: {reason}. Grant READ on the group to this user.",
        ErrorCode.ClusterAuthorizationFailed => $"Not authorized on the cluster: {reason}. Grant this user what the brokers' log names.",
        _ => $"Not authorized for an input topic: {reason}. Grant READ and DESCRIBE on {topics[0]} and {topics[1]} to this user.",
    });
}
