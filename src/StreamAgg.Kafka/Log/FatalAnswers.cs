using Confluent.Kafka;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <summary>What the brokers, or the client, say when only a person can mend it.</summary>
internal sealed class FatalAnswers(KafkaOptions options)
{
    /// <param name="code">The newer group protocol has refused rights among its fatal errors.</param>
    /// <param name="topic">The topic that it concerns; null where it is not told.</param>
    public LogFatalException Of(ErrorCode code, string reason, string? topic = null) => code switch
    {
        ErrorCode.FencedInstanceId => new($"Another member took over this group.instance.id: {reason}. Give every process an id of its own."),
        ErrorCode.UnreleasedInstanceId => new(
            $"Another member still holds this group.instance.id: {reason}. Stop it, or give every process an id of its own."),
        ErrorCode.GroupAuthorizationFailed => RefusedRight.Of("READ", $"group {options.GroupId}", reason),
        ErrorCode.TopicAuthorizationFailed => RefusedRight.Of("READ", $"topic {topic ?? string.Join(" or ", options.Topics.All)}", reason),
        ErrorCode.ClusterAuthorizationFailed => RefusedRight.Of("CLUSTER_ACTION or what the brokers' log names", "the cluster", reason),
        _ => new($"The Kafka client can't go on: {reason} ({code})."),
    };
}
