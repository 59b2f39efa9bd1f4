using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Simulation.Mutants;

/// <summary>The store as it is; a mutant overrides the one method that it gets wrong.</summary>
internal abstract class ForwardingStore(IAggregateStore inner) : IAggregateStore
{
    protected IAggregateStore Inner { get; } = inner;

    public virtual Task<Instant> NowAsync(CancellationToken cancellation) => Inner.NowAsync(cancellation);

    public Task<bool> IsTopicKnownAsync(string topic, CancellationToken cancellation) => Inner.IsTopicKnownAsync(topic, cancellation);

    public Task IntroduceTopicAsync(string topic, string topicId, IReadOnlyList<long> startOffsets, CancellationToken cancellation) =>
        Inner.IntroduceTopicAsync(topic, topicId, startOffsets, cancellation);

    public virtual Task<PartitionClaim> ClaimAsync(SourcePartition source, string owner, CancellationToken cancellation) =>
        Inner.ClaimAsync(source, owner, cancellation);

    public Task<Fence?> AdoptTopicIdAsync(SourcePartition source, Fence fence, string topicId, Gap? gap, CancellationToken cancellation) =>
        Inner.AdoptTopicIdAsync(source, fence, topicId, gap, cancellation);

    public virtual Task<IReadOnlyList<PartialRow>> LoadPartialsAsync(SourcePartition source, CancellationToken cancellation) =>
        Inner.LoadPartialsAsync(source, cancellation);

    public virtual Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation) =>
        Inner.CheckpointAsync(partitions, cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, Fence>> ReadFencesAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => Inner.ReadFencesAsync(partitions, cancellation);

    public Task RecordGapAsync(Gap gap, CancellationToken cancellation) => Inner.RecordGapAsync(gap, cancellation);

    public Task<DirtySnapshot<Hour>> ReadDirtyHoursAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) =>
        Inner.ReadDirtyHoursAsync(partitions, limit, cancellation);

    public virtual Task<PublishResult> PublishHoursAsync(IReadOnlyList<Publication<Hour>> hours, CancellationToken cancellation) =>
        Inner.PublishHoursAsync(hours, cancellation);

    public Task<DirtySnapshot<Day>> ReadDirtyDaysAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) =>
        Inner.ReadDirtyDaysAsync(partitions, limit, cancellation);

    public Task<PublishResult> PublishDaysAsync(IReadOnlyList<Publication<Day>> days, CancellationToken cancellation) =>
        Inner.PublishDaysAsync(days, cancellation);
}
