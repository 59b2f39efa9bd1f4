using System.Runtime.CompilerServices;

namespace StreamAgg.Digests.Cells;

/// <summary>What a cell's values are taken to have been: the first and the last are its ends, others lie between by <see cref="Shape"/>.</summary>
/// <remarks>
/// Of the values between, each stands at the middle of its part of them. All is worked out at half its size, which is exact: the distance of two
/// finite doubles need not be finite, that of their halves is.
/// </remarks>
internal readonly struct CellCurve
{
    private readonly double floor;
    private readonly double ceiling;
    private readonly double low;
    private readonly double width;
    private readonly double inner;
    private readonly long last;
    private readonly Shape shape;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CellCurve(in Cell cell)
    {
        floor = cell.Low;
        ceiling = cell.High;
        last = cell.Weight - 1;
        inner = cell.Weight - 2.0;
        low = floor * 0.5;
        width = (ceiling * 0.5) - low;
        // The smallest numbers that there are have no half.
        if (inner > 0 && width > 0)
            shape = new Shape(((((cell.Mean * 0.5) - low) / width * cell.Weight) - 1) / inner, floor, ceiling);
    }

    /// <summary>The value of a rank, 0 to weight - 1.</summary>
    public double At(long rank) =>
        rank <= 0 ? floor
        : rank >= last ? ceiling
        : Math.Clamp((low + (width * shape.At((rank - 0.5) / inner))) * 2, floor, ceiling);

    /// <summary>How many of the cell's values are at most <paramref name="value"/>.</summary>
    public long CountAtMost(double value)
    {
        if (!(value >= floor))
            return 0;
        if (value >= ceiling)
            return last + 1;
        long guess = Math.Clamp((long)About(value), 1, last);
        if (At(guess - 1) <= value)
        {
            if (At(guess) > value)
                return guess;
        }
        else if (guess == 1 || At(guess - 2) <= value)
        {
            return guess - 1;
        }
        return CountBetween(value, 0, last + 1);
    }

    /// <summary>As <see cref="CountAtMost"/>, but a fraction where it lies between two values; for values between the cell's ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double About(double value) => inner > 0 && width > 0 ? (shape.Below(((value * 0.5) - low) / width) * inner) + 1.5 : 1;

    /// <summary>The same count by bisection: where many ranks share one double, their curve has no inverse.</summary>
    private long CountBetween(double value, long from, long to)
    {
        while (from < to)
        {
            long middle = from + ((to - from) / 2);
            if (At(middle) <= value) from = middle + 1;
            else to = middle;
        }
        return from;
    }
}
