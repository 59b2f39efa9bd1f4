namespace StreamAgg.Digests.Tests;

/// <summary>What the digest is judged by: all values, sorted, and percentile_cont over them.</summary>
internal sealed class PercentileCont
{
    private readonly double[] sorted;

    public PercentileCont(IEnumerable<double> values)
    {
        sorted = [.. values];
        Array.Sort(sorted);
    }

    public int Count => sorted.Length;

    public double Quantile(double q)
    {
        double rank = q * (sorted.Length - 1);
        int lower = (int)rank, upper = Math.Min(lower + 1, sorted.Length - 1);
        double low = sorted[lower], high = sorted[upper];
        return low + ((rank - lower) * (high - low));
    }

    /// <summary>How many ranks a value lies away from where q points: 0 where it is between the neighbours of that rank.</summary>
    public double RankError(double q, double value)
    {
        // Where neighbours are a few doubles apart, percentile_cont itself is rounded to one of them.
        if (value == Quantile(q))
            return 0;
        double rank = q * (sorted.Length - 1);
        // Between order statistics k and k + 1 the value stands for the ranks between them, by where it lies on the line.
        int below = LowerBound(value), upTo = LowerBound(Math.BitIncrement(value));
        if (upTo > below)
            return rank < below ? below - rank : rank > upTo - 1 ? rank - (upTo - 1) : 0;
        if (below == 0 || below == sorted.Length)
            return double.PositiveInfinity;
        double at = below - 1 + ((value - sorted[below - 1]) / (sorted[below] - sorted[below - 1]));
        return Math.Abs(rank - at);
    }

    /// <summary>The number of values below this one.</summary>
    public int LowerBound(double value)
    {
        int from = 0, to = sorted.Length;
        while (from < to)
        {
            int middle = (from + to) / 2;
            if (sorted[middle] < value) from = middle + 1;
            else to = middle;
        }
        return from;
    }
}
