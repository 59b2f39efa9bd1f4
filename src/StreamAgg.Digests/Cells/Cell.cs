namespace StreamAgg.Digests.Cells;

/// <summary>A run of neighbouring values, of which only how many, their mean, the smallest and the largest are kept.</summary>
/// <remarks>
/// Cells of one digest do not overlap, so the rank at which a cell begins is exact however many values it has swallowed; only
/// the order inside a cell is forgotten. A cell whose values are all equal is pure: nothing of it is forgotten. Immutable.
/// </remarks>
internal readonly struct Cell(double low, double high, double mean, long weight, double doubt = 0)
{
    public readonly double Low = low;
    public readonly double High = high;
    public readonly double Mean = mean;
    public readonly long Weight = weight;

    /// <summary>How far the count of values between this cell's end and the next one's begin (and below) may be off: <see cref="CellRun"/>.</summary>
    public readonly double Doubt = doubt;

    public bool IsPure => Low == High;

    public static Cell Pure(double value, long weight, double doubt = 0) => new(value, value, value, weight, doubt);

    public Cell With(double doubt) => new(Low, High, Mean, Weight, doubt);

    /// <summary>This cell and the one after it as one.</summary>
    public Cell Join(in Cell next)
    {
        long both = Weight + next.Weight;
        if (Low == next.High)
            return Pure(Low == 0 ? Low + next.High : Low, both, next.Doubt); // -0 and 0 are one value: 0 where both occur
        // A convex combination: no sum that could overflow, and outside its ends by no more than a rounding.
        double share = (double)next.Weight / both;
        return new Cell(Low, next.High, Math.Clamp((Mean * (1 - share)) + (next.Mean * share), Low, next.High), both, next.Doubt);
    }

    /// <summary>What stands for a value that occurs several times: 0 where 0 and -0 do, -0 only where all are.</summary>
    public static double Common(double value, ReadOnlySpan<double> values)
    {
        if (value == 0)
            foreach (double other in values)
                if (BitConverter.DoubleToInt64Bits(other) == 0)
                    return 0;
        return value;
    }

    /// <summary>Makes one cell of pure neighbours of the same value, in place; returns how many cells are left.</summary>
    public static int JoinEqual(Span<Cell> ascending)
    {
        int last = -1;
        foreach (ref readonly Cell cell in ascending)
        {
            if (last >= 0 && cell.IsPure && ascending[last].IsPure && ascending[last].Mean == cell.Mean)
                ascending[last] = ascending[last].Join(cell);
            else
                ascending[++last] = cell;
        }
        return last + 1;
    }
}
