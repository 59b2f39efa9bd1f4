using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;

namespace StreamAgg.Traffic.Recount;

/// <summary>
/// A row as it must stand in a table, with the place of the p99 that does stand there: no duration is kept, however many there are.
/// </summary>
/// <param name="table">Which.</param>
/// <param name="key">Of the row.</param>
/// <param name="p99Ms">What the table says; NaN where it says nothing.</param>
/// <param name="compression">So many distinct durations are kept, to tell the exact p99 where there are no more.</param>
internal sealed class RankedRow(RowTable table, TallyKey key, double p99Ms, int compression) : IExactRow
{
    private readonly double low = p99Ms * 1000 * (1 - Ranks.RoundingShare), high = p99Ms * 1000 * (1 + Ranks.RoundingShare);
    private Dictionary<long, long>? distinct = [];
    private long below, notAbove, largestBelow = long.MinValue, smallestAbove = long.MaxValue;
    private BucketTotals totals;

    public RowTable Table => table;

    public TallyKey Key => key;

    public long RequestCount => totals.RequestCount;

    public long DurationCount => totals.DurationCount;

    public object? this[string column] => Figures.Counted.First(figure => figure.Column == column).Of(totals, ExactP99());

    public bool IsFewDurations(int compression) => distinct is not null;

    public Ranks RanksOf(double valueMs)
    {
        bool isBetween = below == notAbove && below > 0 && below < DurationCount;
        return new Ranks(
            DurationCount, below, notAbove, isBetween ? ((valueMs * 1000) - largestBelow) / (smallestAbove - largestBelow) : 0);
    }

    public void Count(in DecodedEvent e)
    {
        if (totals.Count(e))
            CountDuration(e.DurationMicros);
    }

    /// <summary>Adds one event that was counted elsewhere.</summary>
    public void Add(in BucketTotals one)
    {
        totals.Add(one);
        if (one.DurationCount == 1)
            CountDuration(one.DurationMinMicros);
    }

    private void CountDuration(long micros)
    {
        if (micros < low)
        {
            below++;
            largestBelow = Math.Max(largestBelow, micros);
        }
        if (micros <= high)
            notAbove++;
        else
            smallestAbove = Math.Min(smallestAbove, micros);
        if (distinct is null)
            return;
        distinct[micros] = distinct.GetValueOrDefault(micros) + 1;
        if (distinct.Count > compression)
            distinct = null;
    }

    /// <summary>percentile_cont's rule; null where it can't be told.</summary>
    private double? ExactP99()
    {
        if (distinct is null || distinct.Count == 0)
            return null;
        double rank = 0.99 * (DurationCount - 1);
        long floor = (long)Math.Floor(rank);
        double a = AtRank(floor) / 1000.0, b = AtRank(Math.Min(floor + 1, DurationCount - 1)) / 1000.0;
        return a + ((b - a) * (rank - floor));
    }

    private long AtRank(long rank)
    {
        long before = 0;
        foreach (var (micros, count) in distinct!.OrderBy(pair => pair.Key))
            if ((before += count) > rank)
                return micros;
        throw new InvalidOperationException($"There is no rank {rank} among {DurationCount} durations.");
    }
}
