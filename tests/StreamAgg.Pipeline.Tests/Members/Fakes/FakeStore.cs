using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Tests.Members.Fakes;

/// <summary>A store that says yes at once, unless a test holds a call back or answers it otherwise.</summary>
internal sealed class FakeStore : IAggregateStore
{
    public Func<Task<bool>> IsTopicKnown { get; set; } = static () => Task.FromResult(true);

    /// <summary>What becomes of a checkpoint; committed where the test says nothing.</summary>
    public Func<Task<CheckpointResult>> Verdict { get; set; } = static () => Task.FromResult(CheckpointResult.Committed);

    public List<SourcePartition> Claims { get; } = [];

    public List<IReadOnlyList<PartitionCheckpoint>> Checkpoints { get; } = [];

    public Instant Now { get; set; } = Instant.FromUtc(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));

    /// <summary>What a claim finds.</summary>
    public Instant? Watermark { get; set; }

    /// <summary>The database's clock can't be asked, and so no checkpoint be written.</summary>
    public bool IsAway { get; set; }

    /// <summary>What becomes of the next topic ids that are adopted; all that follow are.</summary>
    public Queue<Func<Fence, Task<Fence?>>> Adoptions { get; } = new();

    public Task<Instant> NowAsync(CancellationToken cancellation) =>
        IsAway ? Task.FromException<Instant>(new StoreUnavailableException("away")) : Task.FromResult(Now);

    public Task<bool> IsTopicKnownAsync(string topic, CancellationToken cancellation) => IsTopicKnown();

    public Task IntroduceTopicAsync(string topic, string topicId, IReadOnlyList<long> startOffsets, CancellationToken cancellation) => Task.CompletedTask;

    public Task<PartitionClaim> ClaimAsync(SourcePartition source, string owner, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Claims.Add(source);
        return Task.FromResult(new PartitionClaim(new Fence(Claims.Count, Guid.Empty, 0), 0, FakeMetadata.FirstTopicId, null, Watermark));
    }

    public Task<Fence?> AdoptTopicIdAsync(SourcePartition source, Fence fence, string topicId, Gap? gap, CancellationToken cancellation) =>
        Adoptions.Count > 0 ? Adoptions.Dequeue()(fence) : Task.FromResult<Fence?>(fence);

    public Task<IReadOnlyList<PartialRow>> LoadPartialsAsync(SourcePartition source, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<PartialRow>>([]);

    public Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation)
    {
        Checkpoints.Add(partitions);
        return Verdict();
    }

    public Task<IReadOnlyDictionary<SourcePartition, Fence>> ReadFencesAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<SourcePartition, Fence>>(new Dictionary<SourcePartition, Fence>());

    public Task RecordGapAsync(Gap gap, CancellationToken cancellation) => Task.CompletedTask;

    public Task<DirtySnapshot<Hour>> ReadDirtyHoursAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) =>
        throw new NotSupportedException("a member publishes nothing");

    public Task<PublishResult> PublishHoursAsync(IReadOnlyList<Publication<Hour>> hours, CancellationToken cancellation) =>
        throw new NotSupportedException("a member publishes nothing");

    public Task<DirtySnapshot<Day>> ReadDirtyDaysAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) =>
        throw new NotSupportedException("a member publishes nothing");

    public Task<PublishResult> PublishDaysAsync(IReadOnlyList<Publication<Day>> days, CancellationToken cancellation) =>
        throw new NotSupportedException("a member publishes nothing");
}
