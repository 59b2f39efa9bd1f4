using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Simulation.Mutants;

/// <summary>A fenced owner takes the fence that it finds and writes all the same.</summary>
internal sealed class WritesAnyway(IAggregateStore inner) : ForwardingStore(inner)
{
    public override async Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation)
    {
        CheckpointResult result = await Inner.CheckpointAsync(partitions, cancellation);
        if (result.IsCommitted)
            return result;
        var fences = await Inner.ReadFencesAsync([.. partitions.Select(static partition => partition.Source)], cancellation);
        return await Inner.CheckpointAsync([.. partitions.Select(partition => partition with { Fence = fences[partition.Source] })], cancellation);
    }
}

/// <summary>A partition that missed its fence is never claimed again.</summary>
internal sealed class DropsForGood(IAggregateStore inner) : ForwardingStore(inner)
{
    private readonly HashSet<SourcePartition> dropped = [];

    public override async Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation)
    {
        CheckpointResult result = await Inner.CheckpointAsync(partitions, cancellation);
        dropped.UnionWith(result.Fenced);
        return result;
    }

    public override Task<PartitionClaim> ClaimAsync(SourcePartition source, string owner, CancellationToken cancellation) =>
        dropped.Contains(source) ? new TaskCompletionSource<PartitionClaim>().Task : Inner.ClaimAsync(source, owner, cancellation);
}

/// <summary>The try after a failure sends the rows of the failed one with the offsets of the new one.</summary>
internal sealed class KeepsParameters(IAggregateStore inner) : ForwardingStore(inner)
{
    private readonly Dictionary<SourcePartition, PartitionCheckpoint> failed = [];

    public override async Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation)
    {
        PartitionCheckpoint[] sent = [.. partitions.Select(partition =>
            failed.Remove(partition.Source, out PartitionCheckpoint? old) && old.Fence == partition.Fence
                ? partition with { Changed = old.Changed, Folds = old.Folds }
                : partition)];
        try
        {
            return await Inner.CheckpointAsync(sent, cancellation);
        }
        catch (StoreUnavailableException)
        {
            foreach (PartitionCheckpoint partition in sent)
                failed[partition.Source] = partition;
            throw;
        }
    }
}

/// <summary>A commit whose answer was lost counts as failed.</summary>
internal sealed class TakesUnknownForFailed(IAggregateStore inner) : ForwardingStore(inner)
{
    public override async Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation)
    {
        // What happens then is right only because the fence compares the checkpoint's number; so that goes with it.
        PartitionCheckpoint[] sent = [.. partitions];
        var fences = await Inner.ReadFencesAsync([.. sent.Select(static partition => partition.Source)], cancellation);
        for (int i = 0; i < sent.Length; i++)
        {
            if (fences.TryGetValue(sent[i].Source, out Fence fence) && fence.Epoch == sent[i].Fence.Epoch && fence.Claim == sent[i].Fence.Claim)
                sent[i] = sent[i] with { Fence = fence };
        }
        try
        {
            return await Inner.CheckpointAsync(sent, cancellation);
        }
        catch (CommitOutcomeUnknownException e)
        {
            throw new StoreUnavailableException(e.Message, e);
        }
    }
}

/// <summary>A commit whose answer was lost counts as done.</summary>
/// <remarks>
/// Borne by the design as long as another checkpoint comes, and one always does, for the watermark follows the clock: it misses its fence and
/// everything is read again. The model, whose clock stands still, shows what is wrong with it.
/// </remarks>
internal sealed class TakesUnknownForDone(IAggregateStore inner) : ForwardingStore(inner)
{
    public override async Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation)
    {
        try
        {
            return await Inner.CheckpointAsync(partitions, cancellation);
        }
        catch (CommitOutcomeUnknownException)
        {
            return CheckpointResult.Committed;
        }
    }
}

/// <summary>What a fold takes along is what it was at its commit, not at its cut: an event in between is gone with it.</summary>
/// <remarks>Seen from the store: the fresh partial that detaching would have started never arrives.</remarks>
internal sealed class FoldsWithoutDetaching(IAggregateStore inner) : ForwardingStore(inner)
{
    private readonly HashSet<(SourcePartition Source, BucketKey<Hour> Key)> folded = [];

    public override async Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation)
    {
        PartitionCheckpoint[] sent = [.. partitions.Select(partition => partition with
        {
            Changed = [.. partition.Changed.Where(row => !folded.Contains((partition.Source, row.Key)))],
            Folds = [.. partition.Folds.Where(fold => !folded.Contains((partition.Source, fold.Row.Key)))],
        })];
        CheckpointResult result = await Inner.CheckpointAsync(sent, cancellation);
        if (!result.IsCommitted)
            return result;
        foreach (PartitionCheckpoint partition in partitions)
            folded.RemoveWhere(entry => entry.Source == partition.Source);
        foreach (PartitionCheckpoint partition in sent)
        {
            foreach (Fold fold in partition.Folds)
                folded.Add((partition.Source, fold.Row.Key));
        }
        return result;
    }
}

/// <summary>A claim forgets the partials of the one before: the partition starts with an empty hour.</summary>
internal sealed class LoadsNothing(IAggregateStore inner) : ForwardingStore(inner)
{
    public override Task<IReadOnlyList<PartialRow>> LoadPartialsAsync(SourcePartition source, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<PartialRow>>([]);
}

/// <summary>A partial is never detached for the base: it stays where it is, in memory and in the store.</summary>
internal sealed class NeverFolds(IAggregateStore inner) : ForwardingStore(inner)
{
    public override Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation) =>
        Inner.CheckpointAsync([.. partitions.Select(static partition => partition with
        {
            Changed = [.. partition.Changed, .. partition.Folds.Where(static fold => fold.Changed).Select(static fold => fold.Row)],
            Folds = [],
        })], cancellation);
}

/// <summary>What the log lost is passed without a word.</summary>
internal sealed class HidesGaps(IAggregateStore inner) : ForwardingStore(inner)
{
    public override Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation) =>
        Inner.CheckpointAsync([.. partitions.Select(static partition => partition with { Gaps = [] })], cancellation);
}
