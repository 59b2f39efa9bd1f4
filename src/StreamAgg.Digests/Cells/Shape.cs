using System.Runtime.CompilerServices;

namespace StreamAgg.Digests.Cells;

/// <summary>How values lie between the two ends of a cell, 0 and 1, when all that is known is their mean.</summary>
/// <remarks>
/// Their density is taken to be a straight line. One of that mean is nowhere negative while the mean is in the middle third. Beyond, a density falls
/// off from the nearer end as (c + h)^(-3/2), the foot of a peak or a tail, which takes square roots alone. Where the cell spans orders of magnitude
/// it falls off as 1 / (c + h): values grow with their rank as an exponential does, v(p) = (e^(rp) - 1) / (e^r - 1).
/// </remarks>
internal readonly struct Shape
{
    /// <summary>Values spread evenly over orders of magnitude have their mean outside the middle third from this ratio of the ends on.</summary>
    private const double Magnitude = 8;

    /// <summary>Past this, nearly every value is at the end itself to the last bit of a double, and e^r is still finite.</summary>
    private const double SteepestRate = 600;

    /// <summary>From 1 / mean it takes Newton's method so many steps to the last bit, for a mean below 1/3.</summary>
    private const int Steps = 5;

    /// <summary>A mean nearer to an end than this is at it.</summary>
    private const double Nearest = 1e-12;

    /// <summary>Half of the slope of the density: between -1 and 1 it is a straight line.</summary>
    private readonly double lean;
    private readonly double mean;

    /// <summary>Of the exponential r and e^r - 1; r is 0 where the shape is another.</summary>
    private readonly double rate;
    private readonly double growth;

    /// <summary>Of the density in between c, its inverse root, and how far that is from the inverse root of c + 1.</summary>
    private readonly double offset;
    private readonly double root;
    private readonly double fall;

    /// <remarks>Inlined with <see cref="CellCurve"/>: as a call it is written and copied at once, a third of a compaction's time.</remarks>
    /// <param name="mean">0 to 1.</param>
    /// <param name="low">The value at 0.</param>
    /// <param name="high">The value at 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Shape(double mean, double low, double high)
    {
        this.mean = mean;
        lean = 6 * (mean - 0.5);
        if (IsStraight)
            return;
        double near = Math.Max(Nearest, Math.Min(mean, 1 - mean));
        if (lean < 0 ? low >= 0 && high > Magnitude * low : high <= 0 && low < Magnitude * high)
        {
            rate = RateOf(near);
            growth = Math.Exp(rate) - 1;
            return;
        }
        offset = near * near / (1 - (2 * near));
        root = 1 / Math.Sqrt(offset);
        fall = root - (1 / Math.Sqrt(1 + offset));
    }

    private bool IsStraight => Math.Abs(lean) <= 1;

    /// <summary>The part of the values below a height.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Below(double height) =>
        IsStraight ? height * (1 - lean + (lean * height))
        : lean < 0 ? PartWithin(height)
        : 1 - PartWithin(1 - height);

    /// <summary>The height that has a part of the values below it; for a part above 0.</summary>
    public double At(double part)
    {
        if (!IsStraight)
            return lean < 0 ? Reach(part) : 1 - Reach(1 - part);
        // The root in the form that does not cancel.
        double level = 1 - lean;
        return 2 * part / (level + Math.Sqrt(Math.Max(0, (level * level) + (4 * lean * part))));
    }

    /// <summary>The sum of the heights below one, where that of all values is the mean.</summary>
    public double SumBelow(double height) =>
        IsStraight ? height * height * (((1 - lean) / 2) + (2 / 3.0 * lean * height))
        : lean < 0 ? SumWithin(height)
        : mean - (PartWithin(1 - height) - SumWithin(1 - height)); // all but those above, seen from the other end

    /// <summary>The part of the values within a distance of the end that the mean is nearer to.</summary>
    private double PartWithin(double distance) =>
        rate > 0 ? Math.Log(1 + (growth * distance)) / rate : (root - (1 / Math.Sqrt(offset + distance))) / fall;

    /// <summary>The inverse of <see cref="PartWithin"/>.</summary>
    private double Reach(double part)
    {
        if (rate > 0)
            return (Math.Exp(rate * part) - 1) / growth;
        double left = root - (part * fall);
        return (1 / (left * left)) - offset;
    }

    /// <summary>The sum of the distances up to one.</summary>
    private double SumWithin(double distance)
    {
        if (rate > 0)
            return (distance / rate) - (PartWithin(distance) / growth);
        double side = Math.Sqrt(offset + distance);
        return (side + (offset / side) - (2 / root)) / fall;
    }

    /// <summary>The rate that has such a mean: 1 / r - 1 / (e^r - 1).</summary>
    private static double RateOf(double near)
    {
        if (near <= 1 / SteepestRate)
            return SteepestRate;
        double found = 1 / near;
        for (int step = 0; step < Steps; step++)
        {
            double tail = 1 / (Math.Exp(found) - 1);
            found += ((1 / found) - tail - near) / ((1 / (found * found)) - (tail * (1 + tail)));
        }
        return found;
    }
}
