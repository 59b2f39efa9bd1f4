namespace StreamAgg.Digests.Cells;

/// <summary>Cells in ascending order with the rank at which each begins: what a quantile is read from. Immutable once made.</summary>
/// <remarks>
/// It stands for as many values as its cells weigh, each in its place (<see cref="At"/>): every reading is an exact one of those.
/// What is certain of the values that were given, wherever they lie inside their cells: the number of those up to x differs from the
/// weight of the cells that end at or below x by no more than the doubt of the last of these where x lies between two cells, and where
/// x lies in a cell by no more than that on the one side, the cell's weight and doubt on the other. Doubt is 0 until a cell is cut by its curve.
/// </remarks>
internal sealed class CellRun
{
    private readonly Cell[] cells;
    private readonly long[] starts;

    /// <param name="cells">Ascending and disjoint.</param>
    public CellRun(ReadOnlySpan<Cell> cells, int compression, bool written = false)
    {
        this.cells = cells.ToArray();
        starts = new long[cells.Length + 1];
        for (int i = 0; i < cells.Length; i++)
            starts[i + 1] = starts[i] + cells[i].Weight;
        Compression = compression;
        IsWritten = written;
    }

    public int Compression { get; }

    /// <summary>Whether the cells were read from what was written, so that writing them again changes nothing.</summary>
    public bool IsWritten { get; }

    public ReadOnlySpan<Cell> Cells => cells;

    public long Count => starts[^1];

    public double Min => cells[0].Low;

    public double Max => cells[^1].High;

    /// <summary>The value of a rank, 0 to count - 1.</summary>
    public double At(long rank)
    {
        int at = Array.BinarySearch(starts, rank);
        // Where it is not a start itself, it lies in the cell before the one that starts next.
        if (at < 0) at = ~at - 1;
        return cells[at].IsPure ? cells[at].Mean : new CellCurve(cells[at]).At(rank - starts[at]);
    }

    /// <summary>How many values are at most this one.</summary>
    public long CountAtMost(double value)
    {
        int from = FirstAbove(value);
        if (from == cells.Length || cells[from].Low > value)
            return starts[from];
        return starts[from] + new CellCurve(cells[from]).CountAtMost(value);
    }

    /// <summary>Between which numbers the true count of values up to this one lies.</summary>
    public (double Least, double Most) CountBounds(double value)
    {
        int at = FirstAbove(value);
        double before = at > 0 ? cells[at - 1].Doubt : 0;
        bool inside = at < cells.Length && cells[at].Low <= value;
        double least = starts[at] - before, most = inside ? starts[at + 1] + cells[at].Doubt : starts[at] + before;
        return (Math.Max(0, least), Math.Min(Count, most));
    }

    /// <summary>The cells that reach above the one value and begin below the other.</summary>
    public ReadOnlySpan<Cell> Between(double low, double high)
    {
        int from = FirstAbove(low), to = from;
        while (to < cells.Length && cells[to].Low < high)
            to++;
        return cells.AsSpan(from..to);
    }

    /// <summary>The order in which runs are merged, so that the order in which they are given does not matter.</summary>
    public static int Compare(CellRun one, CellRun other)
    {
        int order = one.Count.CompareTo(other.Count);
        if (order == 0) order = one.cells.Length.CompareTo(other.cells.Length);
        for (int i = 0; order == 0 && i < one.cells.Length; i++)
        {
            Cell a = one.cells[i], b = other.cells[i];
            order = a.Weight.CompareTo(b.Weight);
            if (order == 0) order = Bits(a.Low).CompareTo(Bits(b.Low));
            if (order == 0) order = Bits(a.High).CompareTo(Bits(b.High));
            if (order == 0) order = Bits(a.Mean).CompareTo(Bits(b.Mean));
            if (order == 0) order = a.Doubt.CompareTo(b.Doubt);
        }
        return order;
    }

    /// <summary>The first cell that does not end at or below the value.</summary>
    private int FirstAbove(double value)
    {
        int from = 0, to = cells.Length;
        while (from < to)
        {
            int middle = (from + to) / 2;
            if (cells[middle].High <= value) from = middle + 1;
            else to = middle;
        }
        return from;
    }

    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);
}
