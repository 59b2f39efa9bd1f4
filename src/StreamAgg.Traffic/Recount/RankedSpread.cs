using StreamAgg.Core.Aggregation;

namespace StreamAgg.Traffic.Recount;

/// <summary>How the values of one spread lie to the quantiles that a table shows of them.</summary>
/// <param name="shown">Places of quantiles, and what the table says in milliseconds; NaN where it says nothing.</param>
/// <param name="compression">So many distinct values are kept.</param>
internal sealed class RankedSpread((int Quantile, double Milliseconds)[] shown, int compression)
{
    private readonly Mark[] marks = Array.ConvertAll(shown, one => new Mark(one.Milliseconds));
    private Dictionary<long, long>? distinct = [];
    private long count;

    /// <summary>True where every value is kept.</summary>
    public bool IsFew => distinct is not null;

    public void Count(long micros)
    {
        count++;
        foreach (ref Mark mark in marks.AsSpan())
            mark.Count(micros);
        if (distinct is null)
            return;
        distinct[micros] = distinct.GetValueOrDefault(micros) + 1;
        if (distinct.Count > compression)
            distinct = null;
    }

    public Ranks RanksOf(int quantile, double valueMs, long all)
    {
        Mark mark = marks[Array.FindIndex(shown, one => one.Quantile == quantile)];
        bool isBetween = mark.Below == mark.NotAbove && mark.Below > 0 && mark.Below < all;
        return new Ranks(
            all, mark.Below, mark.NotAbove, isBetween ? ((valueMs * 1000) - mark.LargestBelow) / (mark.SmallestAbove - mark.LargestBelow) : 0,
            Quantiles.All[quantile].Q);
    }

    /// <summary>percentile_cont's rule; null where it can't be told.</summary>
    public double? Exact(double q)
    {
        if (distinct is null || distinct.Count == 0)
            return null;
        double rank = q * (count - 1);
        long floor = (long)Math.Floor(rank);
        double a = AtRank(floor) / 1000.0, b = AtRank(Math.Min(floor + 1, count - 1)) / 1000.0;
        return a + ((b - a) * (rank - floor));
    }

    private long AtRank(long rank)
    {
        long before = 0;
        foreach (var (micros, times) in distinct!.OrderBy(pair => pair.Key))
            if ((before += times) > rank)
                return micros;
        throw new InvalidOperationException($"There is no rank {rank} among {count} values.");
    }

    private struct Mark(double milliseconds)
    {
        private readonly double low = milliseconds * 1000 * (1 - Ranks.RoundingShare), high = milliseconds * 1000 * (1 + Ranks.RoundingShare);

        public long Below, NotAbove, LargestBelow = long.MinValue, SmallestAbove = long.MaxValue;

        public void Count(long micros)
        {
            if (micros < low)
            {
                Below++;
                LargestBelow = Math.Max(LargestBelow, micros);
            }
            if (micros <= high)
                NotAbove++;
            else
                SmallestAbove = Math.Min(SmallestAbove, micros);
        }
    }
}
