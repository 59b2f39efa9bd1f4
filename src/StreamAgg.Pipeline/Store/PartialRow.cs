using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Store;

/// <summary>What one partition (or, folded, all of them) counted in an hour under one label.</summary>
/// <param name="Platform">0 to 50 Unicode code points.</param>
/// <param name="Digest">The encoded digest; empty where no event had a duration.</param>
public sealed record PartialRow(Hour Hour, string Platform, BucketTotals Totals, ReadOnlyMemory<byte> Digest)
{
    public BucketKey<Hour> Key => new(Hour, Platform);
}
