namespace StreamAgg.Pipeline.Log;

/// <summary>A partition of an input topic: the unit that state belongs to. Ordered by topic (ordinal), then partition.</summary>
public readonly record struct SourcePartition(string Topic, int Partition) : IComparable<SourcePartition>
{
    public int CompareTo(SourcePartition other)
    {
        int byTopic = string.CompareOrdinal(Topic, other.Topic);
        return byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);
    }

    /// <summary>There are two topics: hashing their names would cost more than the few collisions of leaving them out.</summary>
    public override int GetHashCode() => (Partition * 2) + (Topic.Length & 1);

    public override string ToString() => $"{Topic}-{Partition}";
}
