using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Options;

/// <summary>The two input topics. The topic decides what kind of event a record holds.</summary>
public sealed record PipelineTopics(string Usage, string Error)
{
    public IReadOnlyCollection<string> All => [Usage, Error];

    public EventKind KindOf(string topic) => topic == Usage ? EventKind.Usage : EventKind.Error;

    /// <summary>Every partition that the metadata name; null where a topic is missing, for then nobody knows.</summary>
    public IReadOnlyList<SourcePartition>? PartitionsOf(IReadOnlyDictionary<string, TopicDetails> metadata)
    {
        var partitions = new List<SourcePartition>();
        foreach (string topic in All)
        {
            if (!metadata.TryGetValue(topic, out var topicDetails))
                return null;
            for (int partition = 0; partition < topicDetails.PartitionCount; partition++)
                partitions.Add(new SourcePartition(topic, partition));
        }

        partitions.Sort();
        return partitions;
    }
}
