using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Proof;

namespace StreamAgg.Simulation.Store;

/// <summary>Told of every commit in the instant in which it becomes visible, on behalf of the one whose transaction it was.</summary>
internal interface IStoreWitness
{
    void Introduced(string client, string topic, string topicId, IReadOnlyList<long> startOffsets);

    /// <summary>A claim is sent.</summary>
    void Claiming(string client, SourcePartition source);

    /// <summary>The claim's answer reached its client, which may read under it from now on.</summary>
    void ClaimAnswered(string client, SourcePartition source, Fence fence);

    void Adopted(SourcePartition source, SourceRow? before, SourceRow after, Gap? gap);

    /// <summary>A checkpoint is handed to the store.</summary>
    /// <returns>What <see cref="Committed"/> is given back.</returns>
    IReadOnlyList<Reading> Beginning(IReadOnlyList<PartitionCheckpoint> partitions);

    /// <summary>Before the rows change, so that the witness sees what was.</summary>
    void Committing(IReadOnlyList<PartitionCheckpoint> partitions);

    void Committed(IReadOnlyList<PartitionCheckpoint> partitions, IReadOnlyList<Reading> readings);

    void GapRecorded(Gap gap);

    void PublishedHours(IReadOnlyList<Publication<Hour>> hours);

    void PublishedDays(IReadOnlyList<Publication<Day>> days);

    /// <summary>Refused events count from now on; in the rollup beside the platform's, too, where whoever replayed them knows it.</summary>
    void Replayed(IReadOnlyList<ReplayedEvent> events, bool countsRollup);

    /// <summary>Hours were counted anew.</summary>
    void Swapped(HourSwap swap, bool takesRollup, IReadOnlyList<Publication<Hour>> hours, IReadOnlyList<Publication<Day>> days);

    /// <summary>Two transactions waited for each other: the protocol's lock order does not allow it.</summary>
    void Deadlocked(string who);
}
