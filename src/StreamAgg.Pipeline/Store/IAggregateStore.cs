using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Store;

/// <summary>The durable side of the pipeline: one method a transaction (or a read) of the store protocol. Safe from any thread.</summary>
/// <remarks>
/// Every method may throw <see cref="StoreUnavailableException"/>: nothing of it was written, try again later. A method that writes
/// may throw <see cref="CommitOutcomeUnknownException"/>: it was written, will be, or never will. Anything else is a broken invariant.
/// </remarks>
public interface IAggregateStore
{
    /// <summary>The database's clock: the only one that decides on hours.</summary>
    Task<Instant> NowAsync(CancellationToken cancellation);

    /// <summary>True where this pipeline has rows of the topic: its first claim is over.</summary>
    Task<bool> IsTopicKnownAsync(string topic, CancellationToken cancellation);

    /// <summary>
    /// The pipeline's first claim of a topic: gives every partition that exists now its start, in one transaction, unless somebody
    /// else did so before. A partition that appears later starts at 0.
    /// </summary>
    Task IntroduceTopicAsync(string topic, string topicId, IReadOnlyList<long> startOffsets, CancellationToken cancellation);

    /// <summary>Raises the epoch: from here on no earlier owner can write. Waits for a checkpoint that is being committed.</summary>
    Task<PartitionClaim> ClaimAsync(SourcePartition source, string owner, CancellationToken cancellation);

    /// <summary>
    /// Makes the topic's incarnation the partition's: where it has none yet it is stored; where it has another one, the offset starts
    /// again at 0 and the gap is recorded. The partials stay: they count.
    /// </summary>
    /// <returns>The fence to go on with; null where somebody else has claimed since.</returns>
    Task<Fence?> AdoptTopicIdAsync(SourcePartition source, Fence fence, string topicId, Gap? gap, CancellationToken cancellation);

    /// <summary>The partition's partials: a statement later than the claim's, never the same.</summary>
    Task<IReadOnlyList<PartialRow>> LoadPartialsAsync(SourcePartition source, CancellationToken cancellation);

    /// <summary>Writes offsets, partials, folds, gaps and marks of all these partitions, or nothing. At least one partition, each once.</summary>
    Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation);

    /// <summary>The fences as they stand: tells whether a checkpoint of unknown outcome was committed. Partitions with no row are absent.</summary>
    Task<IReadOnlyDictionary<SourcePartition, Fence>> ReadFencesAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation);

    /// <summary>Records a gap that nobody passes yet, once however often it is said.</summary>
    Task RecordGapAsync(Gap gap, CancellationToken cancellation);

    /// <summary>
    /// Dirty hours whose end the smallest watermark over <paramref name="partitions"/> has passed; a partition with no row or no watermark
    /// counts as minus infinity. Oldest first.
    /// </summary>
    /// <param name="partitions">Every partition that the topics' metadata name.</param>
    Task<DirtySnapshot<Hour>> ReadDirtyHoursAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation);

    /// <summary>Writes sketches newer than those stored, and their rows; marks their days, and clears the marks that are still those seen.</summary>
    Task<PublishResult> PublishHoursAsync(IReadOnlyList<Publication<Hour>> hours, CancellationToken cancellation);

    /// <summary>Dirty days whose end the smallest watermark has passed and none of whose hours (of that label) is dirty.</summary>
    Task<DirtySnapshot<Day>> ReadDirtyDaysAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation);

    /// <summary>As the hours, without a mark for what comes next.</summary>
    Task<PublishResult> PublishDaysAsync(IReadOnlyList<Publication<Day>> days, CancellationToken cancellation);
}
