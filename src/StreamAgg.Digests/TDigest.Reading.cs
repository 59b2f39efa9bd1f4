using StreamAgg.Digests.Cells;
using StreamAgg.Digests.Merging;

namespace StreamAgg.Digests;

public sealed partial class TDigest
{
    /// <summary>The value at rank q (count - 1), between two ranks on the line between their values, as percentile_cont has it.</summary>
    /// <param name="q">0 (the minimum) to 1 (the maximum).</param>
    /// <returns>NaN where the digest is empty.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="q"/> is NaN or not within 0 to 1.</exception>
    public double Quantile(double q) => Quantile(q, 1);

    /// <summary>The quantile of the values counted in another unit.</summary>
    /// <remarks>
    /// The two values are divided before the line is drawn between them: with microseconds and a unit of 1,000 the answer is bit for bit
    /// what percentile_cont says of the same durations in milliseconds, which dividing afterwards would miss by a rounding.
    /// </remarks>
    /// <param name="q">0 (the minimum) to 1 (the maximum).</param>
    /// <param name="unit">How much of this digest's unit the other one is; finite, above 0.</param>
    /// <returns>NaN where the digest is empty.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="q"/> is not within 0 to 1, or the unit is not finite and positive.</exception>
    public double Quantile(double q, double unit)
    {
        if (!(unit > 0 && double.IsFinite(unit)))
            throw new ArgumentOutOfRangeException(nameof(unit), unit, "A unit is a finite number above 0.");
        if (!(q >= 0 && q <= 1))
            throw new ArgumentOutOfRangeException(nameof(q), q, "A quantile is asked for by a number from 0 to 1.");
        if (Count == 0)
            return double.NaN;
        MergedRuns values = View();
        double rank = q * (Count - 1);
        long lower = Math.Min((long)rank, Count - 1);
        double share = rank - lower, low = values.At(lower) / unit;
        if (share <= 0 || lower == Count - 1)
            return low;
        double high = values.At(lower + 1) / unit;
        if (low == high)
            return low;
        double between = low + (share * (high - low));
        return double.IsFinite(between) ? Math.Min(between, high) : (low * (1 - share)) + (high * share);
    }

    /// <summary>By how much of the count the rank of <see cref="Quantile(double)"/>'s answer can differ from the one that was asked for.</summary>
    /// <param name="q">0 to 1.</param>
    /// <returns>In units of q: 0 where the answer is exact, NaN where the digest is empty. The error met is mostly a tenth of it or less.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="q"/> is NaN or not within 0 to 1.</exception>
    public double RankErrorBound(double q)
    {
        double value = Quantile(q);
        if (Count == 0)
            return double.NaN;
        MergedRuns values = View();
        double rank = q * (Count - 1);
        // The answer lies between the values of these two ranks; where both are known to be at their ranks, it is exact.
        if (IsExact(values, values.At((long)rank)) && IsExact(values, values.At((long)Math.Min(Math.Ceiling(rank), Count - 1))))
            return 0;
        double least = values.CountBounds(Math.BitDecrement(value)).Least, most = values.CountBounds(value).Most;
        return Math.Min(1, Math.Max(rank - least + 1, most - rank) / Count);
    }

    private static bool IsExact(MergedRuns values, double value)
    {
        (double least, double most) = values.CountBounds(value);
        (double leastBelow, double mostBelow) = values.CountBounds(Math.BitDecrement(value));
        return least == most && leastBelow == mostBelow;
    }

    /// <summary>One digest of all values: readings are of the inputs as they are, the result is compacted when it is written or added to.</summary>
    /// <param name="digests">Any number, of any compression, the same one twice if need be, in any order: the result is the same to the bit.</param>
    /// <param name="compression">Of the result: 20 to 1,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The compression is out of range.</exception>
    /// <exception cref="OverflowException">The counts sum to more than 2^63 - 1.</exception>
    public static TDigest Merge(ReadOnlySpan<TDigest> digests, int compression)
    {
        var digest = new TDigest(compression);
        var runs = new List<CellRun>();
        foreach (TDigest input in digests)
            if (input.Count > 0)
                runs.AddRange(input.View().Runs);
        if (runs.Count == 0)
            return digest;
        digest.merged = new MergedRuns(runs);
        digest.settledCount = digest.merged.Count;
        return digest;
    }
}
