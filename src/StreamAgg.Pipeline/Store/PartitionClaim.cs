using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Store;

/// <summary>The row of a partition as a claim found it and made it its own.</summary>
/// <param name="TopicId">The incarnation that <paramref name="NextOffset"/> belongs to; null before the first adoption.</param>
/// <param name="LeaderEpoch">Of the record before <paramref name="NextOffset"/>; null where unknown.</param>
/// <param name="Watermark">Null where none was ever known.</param>
public sealed record PartitionClaim(Fence Fence, long NextOffset, string? TopicId, int? LeaderEpoch, Instant? Watermark);
