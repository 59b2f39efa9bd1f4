using StreamAgg.Kafka.Native;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <summary>The partitions that the group gave to this member. On the member's thread.</summary>
internal sealed class Assignment(NativeConsumer native, string[] topics)
{
    private readonly Dictionary<SourcePartition, AssignedPartition> partitions = [];
    private AssignedPartition? last;

    public int Count => partitions.Count;

    public IReadOnlyCollection<AssignedPartition> Partitions => partitions.Values;

    public AssignedPartition? Find(SourcePartition source) => partitions.GetValueOrDefault(source);

    public unsafe AssignedPartition? Of(NativeMessage* message)
    {
        // Records come in runs of one partition: most look-ups end here.
        string? topic = native.TopicOf(message->Topic);
        if (last is not null && last.Source.Partition == message->Partition && ReferenceEquals(last.Source.Topic, topic))
            return last;

        if (topic is null || !partitions.TryGetValue(new SourcePartition(topic, message->Partition), out AssignedPartition? partition))
            return null;

        last = partition;
        return partition;
    }

    public List<AssignedPartition> Add(List<SourcePartition> assigned, long now)
    {
        var added = new List<AssignedPartition>(assigned.Count);
        foreach (SourcePartition partition in assigned)
        {
            // A topic's name is one instance, so that it can be told by its reference.
            var source = new SourcePartition(Array.Find(topics, topic => topic == partition.Topic) ?? partition.Topic, partition.Partition);
            var state = new AssignedPartition(source, now);
            partitions[source] = state;
            added.Add(state);
        }

        return added;
    }

    /// <summary>Those of the named that are here.</summary>
    public List<SourcePartition> Known(List<SourcePartition> named) =>
        [.. named.Select(Find).OfType<AssignedPartition>().Select(known => known.Source)];

    public void Remove(List<SourcePartition> sources)
    {
        last = null;
        foreach (SourcePartition source in sources)
        {
            if (partitions.Remove(source, out AssignedPartition? partition))
                partition.Stop();
        }
    }

    public void Clear()
    {
        last = null;
        partitions.Clear();
    }
}
