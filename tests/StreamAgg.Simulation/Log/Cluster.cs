using StreamAgg.Pipeline.Log;
using StreamAgg.Simulation.Time;

namespace StreamAgg.Simulation.Log;

/// <summary>The brokers: topics by name, each incarnation with an id of its own.</summary>
internal sealed class Cluster(Scheduler scheduler)
{
    private readonly Dictionary<string, List<SimPartition>> topics = [];
    private readonly Dictionary<string, string> topicIds = [];
    private readonly Dictionary<(SourcePartition Source, string TopicId), SimPartition> everByIncarnation = [];
    private int incarnations;
    private List<SimPartition> cached = [];
    private int cachedVersion = -1;
    private readonly List<Dictionary<string, TopicDetails>> described = [];
    private int describedVersion = -1;

    /// <summary>Every incarnation that ever was, the present ones included.</summary>
    public List<SimPartition> History { get; } = [];

    /// <summary>Raised by whatever the group has to hear of.</summary>
    public int MetadataVersion { get; private set; }

    public void Create(string topic, int partitions)
    {
        topicIds[topic] = $"id-{++incarnations}";
        topics[topic] = [];
        Grow(topic, partitions);
    }

    public void Delete(string topic)
    {
        topics.Remove(topic);
        topicIds.Remove(topic);
        MetadataVersion++;
    }

    public void Grow(string topic, int partitions)
    {
        List<SimPartition> existing = topics[topic];
        while (existing.Count < partitions)
        {
            var partition = new SimPartition(new SourcePartition(topic, existing.Count), topicIds[topic], scheduler);
            existing.Add(partition);
            History.Add(partition);
            everByIncarnation.Add((partition.Source, partition.TopicId), partition);
        }
        MetadataVersion++;
    }

    public TopicDetails? Describe(string topic) =>
        topics.TryGetValue(topic, out List<SimPartition>? partitions) ? new TopicDetails(topicIds[topic], partitions.Count) : null;

    /// <summary>Of those that exist. The answer stays what it was when the cluster goes on.</summary>
    public IReadOnlyDictionary<string, TopicDetails> Describe(IReadOnlyCollection<string> asked)
    {
        if (describedVersion != MetadataVersion)
            described.Clear();
        foreach (Dictionary<string, TopicDetails> known in described)
        {
            if (known.Count == asked.Count && asked.All(known.ContainsKey))
                return known;
        }
        var answer = new Dictionary<string, TopicDetails>(asked.Count);
        foreach (string topic in asked)
        {
            if (Describe(topic) is { } metadata)
                answer.Add(topic, metadata);
        }
        described.Add(answer);
        describedVersion = MetadataVersion;
        return answer;
    }

    public SimPartition? Find(SourcePartition source) =>
        topics.TryGetValue(source.Topic, out List<SimPartition>? partitions) && source.Partition < partitions.Count
            ? partitions[source.Partition]
            : null;

    /// <summary>The partition in that incarnation, whether it is still there or not.</summary>
    public SimPartition? FindEver(SourcePartition source, string topicId) => everByIncarnation.GetValueOrDefault((source, topicId));

    /// <summary>What exists now, ordered. Another list after each change.</summary>
    public List<SimPartition> Partitions
    {
        get
        {
            if (cachedVersion == MetadataVersion)
                return cached;
            cached = [];
            foreach (List<SimPartition> partitions in topics.Values)
                cached.AddRange(partitions);
            cached.Sort(static (a, b) => a.Source.CompareTo(b.Source));
            Sources = cached.ConvertAll(static partition => partition.Source);
            cachedVersion = MetadataVersion;
            return cached;
        }
    }

    /// <summary>As of the last look at <see cref="Partitions"/>.</summary>
    public List<SourcePartition> Sources { get; private set; } = [];
}
