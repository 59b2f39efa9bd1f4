using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Store;

/// <summary>What identifies an owner's next write. All three are compared by the fence.</summary>
/// <param name="Epoch">Raised by every claim.</param>
/// <param name="Claim">Random per claim: tells claims apart where a database failed over and lost commits.</param>
/// <param name="Checkpoint">The number of the last checkpoint; raised by every one, even by one that moves no offset.</param>
public readonly record struct Fence(long Epoch, Guid Claim, long Checkpoint)
{
    public Fence Next => this with { Checkpoint = Checkpoint + 1 };
}

/// <summary>The row of a partition as a claim found it and made it its own.</summary>
/// <param name="Fence">What the first checkpoint must show.</param>
/// <param name="NextOffset">Where reading goes on.</param>
/// <param name="TopicId">The incarnation that <paramref name="NextOffset"/> belongs to; null before the first adoption.</param>
/// <param name="LeaderEpoch">Of the record before <paramref name="NextOffset"/>; null where unknown.</param>
/// <param name="Watermark">Null where none was ever known.</param>
public sealed record PartitionClaim(Fence Fence, long NextOffset, string? TopicId, int? LeaderEpoch, Instant? Watermark);
