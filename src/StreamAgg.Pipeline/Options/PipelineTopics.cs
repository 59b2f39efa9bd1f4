using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Options;

/// <summary>The input topics, one for a kind of event or none: the topic decides what kind of event a record holds.</summary>
/// <param name="ByKind">Names by the values of <see cref="EventKind"/>; an empty one where no topic holds that kind alone.</param>
public sealed record PipelineTopics(IReadOnlyList<string> ByKind)
{
    public PipelineTopics(string usage, string error, string request = "")
        : this([usage, error, request])
    {
    }

    public IReadOnlyList<string> All { get; } = [.. ByKind.Where(topic => topic.Length > 0)];

    /// <summary>For a person: the keys that name them.</summary>
    public static string Keys { get; } = $"{string.Join(", ", EventKinds.All.SkipLast(1).Select(KeyOf))} or {KeyOf(EventKinds.All[^1])}";

    public string this[EventKind kind] => ByKind[(int)kind];

    /// <param name="topic">One of them.</param>
    public EventKind KindOf(string topic)
    {
        for (int kind = 0; kind < ByKind.Count; kind++)
            if (ByKind[kind] == topic)
                return (EventKind)kind;
        throw new ArgumentException($"{topic} is none of {string.Join(", ", All)}.", nameof(topic));
    }

    private static string KeyOf(EventKindNames kind) => $"StreamAgg:Kafka:{kind.Topic}";

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
