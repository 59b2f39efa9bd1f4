using System.Runtime.CompilerServices;

namespace StreamAgg.Digests.Cells;

/// <summary>How heavy a cell may be, by where it lies: small at both ends, where the quantiles that people ask for are.</summary>
/// <remarks>
/// The density of cells is proportional to (q (1 - q))^(-3/4). It lies between the published K1, (q (1 - q))^(-1/2), and K2,
/// (q (1 - q))^(-1), whose integral is infinite, so that K2 has to know the count: this one bounds the number of cells at any count, and where
/// the others take asin or log it takes two square roots, or none to compare: weight^4 against (q (1 - q))^3. Around the published quantile sizes are
/// held to a part of what the stated bound leaves, so that the bound holds wherever values lie inside their cells: where the distribution jumps, no
/// shape is right.
/// </remarks>
internal readonly struct SizeLimit
{
    /// <summary>Of (q (1 - q))^(-3/4) from 0 to 1: Gamma(1/4)^2 / sqrt(pi).</summary>
    private const double Integral = 7.4162987092054876;

    /// <summary>The quantile that rows publish, and that a bound is stated for.</summary>
    private const double Published = 0.99;

    /// <summary>How much of the stated bound a cell right there holds at a compression of 100: what lies inside can be off by no more.</summary>
    private const double PartOfBound = 0.35;

    /// <summary>
    /// And twice as much at so many bounds from there. Where hours or partitions are merged, the value that is asked for lies at another rank of
    /// each: a bound is about the noise of such a rank, sqrt(0.99 * 0.01 / n).
    /// </summary>
    private const double Reach = 2.5;

    /// <summary>Others are larger by this, for those around the published quantile.</summary>
    private const double Room = 1.22;

    private readonly double scale;
    private readonly double perNear;
    private readonly double reachSquared;
    private readonly double perScale;
    private readonly double perCount;

    /// <param name="cells">How many cells of full size the whole range holds.</param>
    public SizeLimit(double cells, double count)
    {
        scale = Integral * Room / cells * count;
        perScale = 1 / scale;
        perCount = 1 / count;
        Count = count;
        double bound = StatedBound(count), reach = Reach * bound / count;
        reachSquared = reach * reach;
        perNear = reachSquared / (PartOfBound * bound * 100 / cells);
    }

    /// <summary>By how many ranks a p99 of so many values may be off.</summary>
    public static double StatedBound(double count) => Math.Max(80e-6 * count, 1 + (0.1 * Math.Sqrt(count)));

    public double Count { get; }

    /// <summary>The greatest weight of a cell whose middle has this many values below it.</summary>
    public double At(double middleRank)
    {
        double q = middleRank * perCount, root = Math.Sqrt(Math.Max(0, q * (1 - q)));
        double away = q - Published;
        return Math.Min(scale * root * Math.Sqrt(root), ((away * away) + reachSquared) / perNear);
    }

    /// <summary>What a doubt is measured by, in bytes and arrays: the weight of a full cell at a boundary, and no less than a value.</summary>
    public double Full(double rank) => Math.Max(1, At(rank));

    /// <summary>About the greatest weight of a cell that begins at a rank: its middle lies half of that further.</summary>
    public double From(double begin) => At(begin + (At(begin + (At(begin) / 2)) / 2));

    /// <summary>Whether a cell that begins at a rank may be so heavy, or a given part of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Allows(double begin, double weight, double part = 1)
    {
        double q = (begin + (weight / 2)) * perCount, y = q * (1 - q), w = weight * part * perScale, away = q - Published;
        return w * w * (w * w) <= y * y * y && weight * part * perNear <= (away * away) + reachSquared;
    }
}
