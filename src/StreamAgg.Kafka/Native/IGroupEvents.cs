using Confluent.Kafka;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Native;

/// <summary>What a client tells of its group, in its owner's calls, on their thread. Nothing here may throw: the caller is native code.</summary>
internal interface IGroupEvents
{
    void OnAssigned(List<SourcePartition> partitions);

    void OnRevoked(List<SourcePartition> partitions);

    /// <summary>Others may have them already.</summary>
    void OnLost(List<SourcePartition> partitions);

    /// <summary>The client did not take what the group gave, or does not give it back.</summary>
    void OnRefused(string reason);

    void OnCommitFailed(ErrorCode code);
}
