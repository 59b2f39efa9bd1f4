using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Simulation.Mutants;

/// <summary>A position behind a transaction's end keeps the epoch of the record before it, which may be an older one.</summary>
/// <remarks>This was a fault of the pipeline once.</remarks>
internal sealed class KeepsEpochOfRecordBefore(IAggregateStore inner) : ForwardingStore(inner)
{
    private readonly Dictionary<(SourcePartition Source, long Epoch), int> last = [];

    public override Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation) =>
        Inner.CheckpointAsync([.. partitions.Select(Keep)], cancellation);

    private PartitionCheckpoint Keep(PartitionCheckpoint partition)
    {
        var key = (partition.Source, partition.Fence.Epoch);
        if (partition.LeaderEpoch is { } epoch)
            last[key] = epoch;
        // A jump over a gap forgets the epoch in the product as it was, too.
        return partition.Gaps.Count == 0 && last.TryGetValue(key, out int kept) ? partition with { LeaderEpoch = kept } : partition;
    }
}

/// <summary>One event of a time that has not come, and the watermark follows the clock from then on, however much is unread.</summary>
/// <remarks>This was a fault of the pipeline once. Seen from the store: a claim is told a time by which nothing lies ahead.</remarks>
internal sealed class CountsEventsAhead(IAggregateStore inner) : ForwardingStore(inner)
{
    private int claims;

    public override Task<IReadOnlyList<PartialRow>> LoadPartialsAsync(SourcePartition source, CancellationToken cancellation)
    {
        claims++;
        return Inner.LoadPartialsAsync(source, cancellation);
    }

    public override async Task<Instant> NowAsync(CancellationToken cancellation)
    {
        bool isClaim = claims > 0;
        claims = 0;
        Instant now = await Inner.NowAsync(cancellation);
        return isClaim ? now + TimeSpan.FromDays(2) : now;
    }
}

/// <summary>A partition that misses its fence is claimed again at once, whoever it is just being given to.</summary>
/// <remarks>This was a fault of the pipeline once.</remarks>
internal sealed class ClaimsWhatItGivesUp(IAggregateStore inner, string owner) : ForwardingStore(inner)
{
    public override async Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation)
    {
        CheckpointResult result = await Inner.CheckpointAsync(partitions, cancellation);
        foreach (SourcePartition source in result.Fenced)
            await Inner.ClaimAsync(source, owner, cancellation);
        return result;
    }
}

/// <summary>A claim goes on beside the revocation, and fences whoever was given the partition by then.</summary>
/// <remarks>This was a fault of the pipeline once.</remarks>
internal sealed class ClaimsToTheEnd(IAggregateStore inner) : ForwardingStore(inner)
{
    public override Task<PartitionClaim> ClaimAsync(SourcePartition source, string owner, CancellationToken cancellation) =>
        Inner.ClaimAsync(source, owner, CancellationToken.None);
}

/// <summary>The largest value of a merged digest is no centroid of its own: who reads the sketch back refuses it.</summary>
/// <remarks>This was a fault of the digest once.</remarks>
internal sealed class BlursLargestValue(IAggregateStore inner) : ForwardingStore(inner)
{
    public override Task<PublishResult> PublishHoursAsync(IReadOnlyList<Publication<Hour>> hours, CancellationToken cancellation) =>
        Inner.PublishHoursAsync([.. hours.Select(static hour => hour with { Centroids = new SpreadCentroids(Blur(hour.Centroids.Latency), hour.Centroids.Ttft) })], cancellation);

    private static DigestCentroids? Blur(DigestCentroids? centroids)
    {
        if (centroids is not { Means.Length: > 1 })
            return centroids;
        int last = centroids.Means.Length - 1;
        double[] means = centroids.Means[..last], highs = centroids.Highs[..last];
        highs[^1] = centroids.Highs[last];
        long[] weights = centroids.Weights[..last];
        weights[^1] += centroids.Weights[last];
        means[^1] += (centroids.Means[last] - means[^1]) / 2;
        return centroids with { Lows = centroids.Lows[..last], Highs = highs, Means = means, Weights = weights };
    }
}
