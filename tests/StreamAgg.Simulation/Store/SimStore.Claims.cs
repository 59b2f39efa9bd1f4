using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Store;

internal sealed partial class SimStore
{
    private readonly Dictionary<SourcePartition, IReadOnlyList<PartialRow>> loadedWithClaim = [];

    public async Task<bool> IsTopicKnownAsync(string topic, CancellationToken cancellation)
    {
        Transaction read = Open(cancellation);
        await ArriveAsync(read, writes: false);
        bool known = database.Topics.Committed(topic) is not null;
        await FinishReadAsync(read);
        return known;
    }

    public async Task IntroduceTopicAsync(string topic, string topicId, IReadOnlyList<long> startOffsets, CancellationToken cancellation)
    {
        Transaction session = Open(cancellation);
        await ArriveAsync(session, writes: true);
        Versioned<TopicRow> cell = database.Topics[topic];
        await LockAsync(cell, session);
        if (cell.Newest is not null)
        {
            await FinishReadAsync(session);
            return;
        }

        cell.Write(new TopicRow(topicId));
        await AnswerAsync(session);
        await ArriveAsync(session, writes: true);
        for (int partition = 0; partition < startOffsets.Count; partition++)
        {
            Versioned<SourceRow> source = database.Sources[new SourcePartition(topic, partition)];
            await LockAsync(source, session);
            if (source.Newest is null)
                source.Write(new SourceRow(new Fence(0, Guid.Empty, 0), "", startOffsets[partition], topicId, null, null));
        }
        await AnswerAsync(session);
        await CommitAsync(session, () =>
        {
            if (IsTraced)
                trace!.Write("database", $"COMMIT introduce {topic} {topicId}: starts {string.Join(", ", startOffsets)}");
            database.Witness?.Introduced(process.Name, topic, topicId, startOffsets);
        });
    }

    public async Task<PartitionClaim> ClaimAsync(SourcePartition source, string owner, CancellationToken cancellation)
    {
        Transaction session = Open(cancellation);
        database.Witness?.Claiming(process.Name, source);
        if (!Rules.LoadsAfterClaim)
            loadedWithClaim[source] = PartialsOf(source);
        RollupRow? rollup = Rules.ClaimComparesUnderLock ? null : await RequireRollupsAsync(session);
        await ArriveAsync(session, writes: true);
        Versioned<SourceRow> cell = database.Sources[source];
        await LockAsync(cell, session);
        SourceRow? before = cell.Newest;
        var claim = new Guid((int)chance.Next(), (short)chance.Next(), 0, 0, 0, 0, 0, 0, 0, 0, 0);
        SourceRow after = before is null
            ? new SourceRow(new Fence(1, claim, 0), owner, 0, null, null, null)
            : before with { Fence = new Fence(before.Fence.Epoch + 1, claim, before.Fence.Checkpoint), Owner = owner };
        cell.Write(after);
        await AnswerAsync(session);
        if (Rules.ClaimComparesUnderLock)
            rollup = await RequireRollupsAsync(session);
        if ((CountsRollup ? rollup?.Id ?? 0 : 0) is var counted && counted != after.Rollup)
        {
            await ArriveAsync(session, writes: true);
            cell.Write(after = after with { Rollup = counted });
            await AnswerAsync(session);
            if (counted > 0 && after.Fence.Epoch > 1)
                await BeginRollupAsync(session, source);
        }
        await CommitAsync(
            session,
            () =>
            {
                database.Happenings.Count(before is null || before.Fence.Epoch == 0 ? Happening.Claim : Happening.ClaimAgain);
                if (IsTraced)
                    trace!.Write("database", $"COMMIT claim {source} by {process.Name}: epoch {after.Fence.Epoch}, next {after.NextOffset}");
            });
        database.Witness?.ClaimAnswered(process.Name, source, after.Fence);
        return new PartitionClaim(after.Fence, after.NextOffset, after.TopicId, after.LeaderEpoch, after.Watermark);
    }

    public async Task<Fence?> AdoptTopicIdAsync(SourcePartition source, Fence fence, string topicId, Gap? gap, CancellationToken cancellation)
    {
        Transaction session = Open(cancellation);
        await ArriveAsync(session, writes: true);
        Versioned<SourceRow> cell = database.Sources[source];
        await LockAsync(cell, session);
        if (cell.Newest is not { } before || before.Fence != fence || before.TopicId == topicId)
        {
            Fence? unchanged = cell.Newest?.Fence == fence ? fence : null;
            await FinishReadAsync(session);
            return unchanged;
        }

        SourceRow after = before.TopicId is null
            ? before with { TopicId = topicId }
            : before with { TopicId = topicId, NextOffset = 0, LeaderEpoch = null, Watermark = null, Fence = before.Fence.Next };
        cell.Write(after);
        await AnswerAsync(session);
        await CommitAsync(session, () =>
        {
            if (before.TopicId is not null)
                database.Happenings.Count(Happening.TopicAdoptedAnew);
            if (gap is not null)
                database.AddGap(gap);
            if (IsTraced)
                trace!.Write("database", $"COMMIT adopt {source} {before.TopicId} -> {topicId} by {process.Name}");
            database.Witness?.Adopted(source, before, after, gap);
        });
        return after.Fence;
    }

    public async Task<IReadOnlyList<PartialRow>> LoadPartialsAsync(SourcePartition source, CancellationToken cancellation)
    {
        Transaction read = Open(cancellation);
        await ArriveAsync(read, writes: false);
        IReadOnlyList<PartialRow> rows = loadedWithClaim.Remove(source, out IReadOnlyList<PartialRow>? early) ? early : PartialsOf(source);
        await FinishReadAsync(read);
        return rows;
    }

    public async Task<IReadOnlyDictionary<SourcePartition, Fence>> ReadFencesAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation)
    {
        Transaction read = Open(cancellation);
        await ArriveAsync(read, writes: false);
        var fences = new Dictionary<SourcePartition, Fence>();
        foreach (SourcePartition source in partitions)
        {
            if (database.Sources.Committed(source) is { } row)
                fences[source] = row.Fence;
        }
        await FinishReadAsync(read);
        return fences;
    }

    public async Task RecordGapAsync(Gap gap, CancellationToken cancellation)
    {
        Transaction session = Open(cancellation);
        await ArriveAsync(session, writes: true);
        await CommitNowAsync(session, () => database.AddGap(gap), becoming: null);
    }

    private List<PartialRow> PartialsOf(SourcePartition source)
    {
        var rows = new List<PartialRow>();
        foreach (var (key, cells) in database.Partials)
        {
            if (rollups.Any(rollup => rollup.Name == key.Rollup) && cells.TryGetValue(source, out Versioned<CountedRow>? cell) && cell.Committed is { } counted)
                rows.Add(counted.Row);
        }
        rows.Sort(static (a, b) => a.Key.CompareTo(b.Key));
        return rows;
    }
}
