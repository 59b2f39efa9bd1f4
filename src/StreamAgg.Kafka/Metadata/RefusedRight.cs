using Confluent.Kafka;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Metadata;

/// <summary>A right that the brokers refuse, named as Kafka's access lists name it: only a person can grant it.</summary>
internal static class RefusedRight
{
    public static bool IsOne(ErrorCode code) =>
        code is ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed;

    /// <param name="operation">Such as READ, which includes DESCRIBE, as WRITE does.</param>
    /// <param name="resource">Such as "topic gateway.usage".</param>
    public static LogFatalException Of(string operation, string resource, string reason) =>
        new($"Not authorized: Kafka refuses {operation} on {resource} ({reason.TrimEnd('.')}). Grant {operation} on {resource} to this user.");
}
