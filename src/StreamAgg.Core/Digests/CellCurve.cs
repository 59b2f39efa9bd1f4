namespace StreamAgg.Core.Digests;

/// <summary>What a cell's values are taken to have been: a monotone parabola over their ranks that keeps their mean.</summary>
/// <remarks>
/// With t = rank / (weight - 1), value(t) = low + t * (width + bend * (1 - t)). The bend is what makes the mean of the values at the
/// integer ranks equal the cell's mean. Where that bend would turn the parabola around (|bend| &gt; width), the far end is drawn in until the
/// curve is flat at the other one: still monotone, still within the cell, still of the same mean.
/// </remarks>
internal readonly struct CellCurve
{
    /// <summary>Past this magnitude the curve is drawn at half its size: the distance of two finite doubles need not be finite.</summary>
    private const double Vast = 1e300;

    private readonly double floor;
    private readonly double ceiling;
    private readonly double unit;
    private readonly double low;
    private readonly double width;
    private readonly double bend;
    private readonly double last;
    private readonly long weight;

    public CellCurve(in Cell cell)
    {
        floor = cell.Low;
        ceiling = cell.High;
        weight = cell.Weight;
        last = weight - 1;
        unit = Math.Max(Math.Abs(floor), Math.Abs(ceiling)) > Vast ? 0.5 : 1;
        low = floor * unit;
        double high = ceiling * unit;
        width = high - low;
        if (weight <= 2)
            return;
        double mean = cell.Mean * unit;
        double share = (weight - 2) / (6.0 * last); // the mean of t * (1 - t) over the ranks
        bend = (mean - low - (width / 2)) / share;
        if (bend > width)
        {
            width = bend = (high - mean) / (0.5 - share);
            low = high - width;
        }
        else if (bend < -width)
        {
            width = (mean - low) / (0.5 - share);
            bend = -width;
        }
    }

    /// <summary>The value of a rank, 0 to weight - 1.</summary>
    public double At(long rank)
    {
        if (last <= 0)
            return floor;
        double t = rank / last;
        return Math.Clamp((low + (t * (width + (bend * (1 - t))))) / unit, floor, ceiling);
    }

    /// <summary>How many of the cell's values are at most <paramref name="value"/>.</summary>
    public long CountAtMost(double value)
    {
        if (!(value >= floor))
            return 0;
        if (value >= ceiling)
            return weight;
        long guess = (long)(Position(value * unit) * last);
        if (At(guess) <= value)
        {
            if (At(guess + 1) > value)
                return guess + 1;
        }
        else if (guess == 0 || At(guess - 1) <= value)
        {
            return guess;
        }
        return CountBetween(value, 0, weight);
    }

    /// <summary>The values of ranks <paramref name="from"/> to <paramref name="to"/>, exclusive, as a cell of their own.</summary>
    public Cell Piece(long from, long to)
    {
        double first = At(from), final = At(to - 1);
        if (first == final)
            return Cell.Pure(first, to - from);
        double centre = (from + ((to - 1 - from) / 2.0)) / last, length = to - from;
        double spread = ((length * length) - 1) / (12 * last * last); // the variance of t over the piece
        double mean = (low + (centre * width) + (bend * (centre - (centre * centre) - spread))) / unit;
        return new Cell(first, final, Math.Clamp(mean, first, final), to - from);
    }

    /// <summary>t of a scaled value: the smaller root of b t^2 - (1 + b) t + y = 0 in the form that does not cancel.</summary>
    private double Position(double scaled)
    {
        double y = (scaled - low) / width, b = bend / width;
        if (!(y > 0))
            return 0;
        double root = 1 + b + Math.Sqrt(Math.Max(0, ((1 + b) * (1 + b)) - (4 * b * y)));
        return root > 2 * y ? 2 * y / root : 1;
    }

    /// <summary>The same count by bisection: where many ranks share one double, their parabola has no inverse.</summary>
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
