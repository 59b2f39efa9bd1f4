namespace StreamAgg.Core.Digests;

/// <summary>What a cell's values are taken to have been: its ends are the first and the last one, a <see cref="Shape"/> lies between.</summary>
internal readonly struct CellCurve
{
    /// <summary>Past this magnitude the curve is drawn at half its size: the distance of two finite doubles need not be finite.</summary>
    private const double Vast = 1e300;

    private readonly double floor;
    private readonly double ceiling;
    private readonly double unit;
    private readonly double low;
    private readonly double width;
    private readonly double last;
    private readonly long weight;
    private readonly Shape shape;

    public CellCurve(in Cell cell)
    {
        floor = cell.Low;
        ceiling = cell.High;
        weight = cell.Weight;
        last = weight - 1;
        unit = Math.Max(Math.Abs(floor), Math.Abs(ceiling)) > Vast ? 0.5 : 1;
        low = floor * unit;
        width = (ceiling * unit) - low;
        shape = new Shape(((cell.Mean * unit) - low) / width, weight);
    }

    /// <summary>The value of a rank, 0 to weight - 1.</summary>
    public double At(long rank) =>
        last <= 0 ? floor : Math.Clamp((low + (width * shape.At(rank / last))) / unit, floor, ceiling);

    /// <summary>How many of the cell's values are at most <paramref name="value"/>.</summary>
    public long CountAtMost(double value)
    {
        if (!(value >= floor))
            return 0;
        if (value >= ceiling)
            return weight;
        long guess = Math.Clamp((long)(shape.Inverse(((value * unit) - low) / width) * last), 0, weight - 2);
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

    /// <summary>As <see cref="CountAtMost"/>, but may be off by one; for values between the cell's ends.</summary>
    public long About(double value) => (long)Math.Clamp((shape.Inverse(((value * unit) - low) / width) * last) + 1, 1, last);

    /// <summary>The values of ranks <paramref name="from"/> to <paramref name="to"/>, exclusive, as a cell of their own.</summary>
    public Cell Piece(long from, long to) => Piece(from, to, At(from), At(to - 1));

    /// <summary>The same where the ends of the piece are known.</summary>
    public Cell Piece(long from, long to, double first, double final)
    {
        if (first == final)
            return Cell.Pure(first, to - from);
        if (to - from == 1)
            return Cell.Pure(Math.Clamp(At(from), first, final), 1);
        double step = 1 / last, mean = (low + (width * shape.Mean(from * step, (to - 1) * step, to - from, step))) / unit;
        return new Cell(first, final, Math.Clamp(mean, first, final), to - from);
    }

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
