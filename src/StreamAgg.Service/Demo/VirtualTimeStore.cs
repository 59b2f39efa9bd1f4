using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Generate;

namespace StreamAgg.Service.Demo;

/// <summary>The real store with another clock: the pipeline asks its store for the time, and nothing else decides on hours.</summary>
internal sealed class VirtualTimeStore(IAggregateStore store, VirtualClock clock) : IAggregateStore
{
    public Task<Instant> NowAsync(CancellationToken cancellation) => Task.FromResult(clock.Now);

    public Task<bool> IsTopicKnownAsync(string topic, CancellationToken cancellation) => store.IsTopicKnownAsync(topic, cancellation);

    public Task IntroduceTopicAsync(string topic, string topicId, IReadOnlyList<long> startOffsets, CancellationToken cancellation) =>
        store.IntroduceTopicAsync(topic, topicId, startOffsets, cancellation);

    public Task<PartitionClaim> ClaimAsync(SourcePartition source, string owner, CancellationToken cancellation) =>
        store.ClaimAsync(source, owner, cancellation);

    public Task<Fence?> AdoptTopicIdAsync(SourcePartition source, Fence fence, string topicId, Gap? gap, CancellationToken cancellation) =>
        store.AdoptTopicIdAsync(source, fence, topicId, gap, cancellation);

    public Task<IReadOnlyList<PartialRow>> LoadPartialsAsync(SourcePartition source, CancellationToken cancellation) =>
        store.LoadPartialsAsync(source, cancellation);

    public Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation) =>
        store.CheckpointAsync(partitions, cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, Fence>> ReadFencesAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => store.ReadFencesAsync(partitions, cancellation);

    public Task RecordGapAsync(Gap gap, CancellationToken cancellation) => store.RecordGapAsync(gap, cancellation);

    public Task<DirtySnapshot<Hour>> ReadDirtyHoursAsync(
        IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) =>
        store.ReadDirtyHoursAsync(partitions, limit, cancellation);

    public Task<PublishResult> PublishHoursAsync(IReadOnlyList<Publication<Hour>> hours, CancellationToken cancellation) =>
        store.PublishHoursAsync(hours, cancellation);

    public Task<DirtySnapshot<Day>> ReadDirtyDaysAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) =>
        store.ReadDirtyDaysAsync(partitions, limit, cancellation);

    public Task<PublishResult> PublishDaysAsync(IReadOnlyList<Publication<Day>> days, CancellationToken cancellation) =>
        store.PublishDaysAsync(days, cancellation);
}
