using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Store;

/// <summary>What one partition (or, folded, all of them) counted in an hour under one label.</summary>
/// <param name="Hour">The UTC hour.</param>
/// <param name="Platform">0 to 50 Unicode code points.</param>
/// <param name="Totals">Counts and sums.</param>
/// <param name="Digest">The encoded digest; empty where no event had a duration.</param>
public sealed record PartialRow(Hour Hour, string Platform, BucketTotals Totals, ReadOnlyMemory<byte> Digest)
{
    public HourKey Key => new(Hour, Platform);
}

/// <summary>A partial with the number of its changes: what a publisher reads.</summary>
public sealed record RevisedRow(PartialRow Row, long Rev);

/// <summary>Ordered by hour, then label.</summary>
public readonly record struct HourKey(Hour Hour, string Platform) : IComparable<HourKey>
{
    public int CompareTo(HourKey other)
    {
        int byHour = Hour.CompareTo(other.Hour);
        return byHour != 0 ? byHour : string.CompareOrdinal(Platform, other.Platform);
    }
}

public readonly record struct DayKey(Day Day, string Platform) : IComparable<DayKey>
{
    public int CompareTo(DayKey other)
    {
        int byDay = Day.CompareTo(other.Day);
        return byDay != 0 ? byDay : string.CompareOrdinal(Platform, other.Platform);
    }
}
