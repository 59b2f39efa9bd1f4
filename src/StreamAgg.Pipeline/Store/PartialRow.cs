using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Store;

/// <summary>What one partition (or, folded, all of them) counted in an hour under one label.</summary>
/// <param name="Label">Of its rollup's dimensions.</param>
/// <param name="Rollup">Its name.</param>
public sealed record PartialRow(Hour Hour, string Label, BucketTotals Totals, SpreadBytes Digests, string Rollup = Core.Rollups.Rollup.Platform)
{
    public BucketKey<Hour> Key => new(Hour, Label, Rollup);
}
