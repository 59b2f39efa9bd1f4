using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Merging;

/// <summary>Several runs read as one: a quantile is the exact one of all the values that they stand for.</summary>
/// <remarks>
/// Centroids sorted together and interpolated would treat each as a lump at its mean; here each spreads its values over its own curve, and what
/// the errors of many digests have at random cancels out.
/// </remarks>
internal sealed class MergedRuns
{
    /// <summary>How many sections a final cell: two leave the final form a choice of where to join; each costs a look into every run.</summary>
    private const int Finer = 2;

    /// <summary>A merge of more cells does not use its thread's working memory, which stays as large as it once was: 2 MB at this size.</summary>
    private const int MaxOwnCells = 16_384;

    /// <summary>How often sections that turned out too full are cut again: each time what is too full is a few times narrower.</summary>
    private const int MostRounds = 3;

    [ThreadStatic]
    private static Workspace? own;

    /// <summary>One for all threads, in the hands of the large merge that is under way; another one at the same time makes one of its own.</summary>
    private static Workspace? large;

    public MergedRuns(List<CellRun> runs)
    {
        Runs = [.. runs];
        Array.Sort(Runs, CellRun.Compare);
        Min = double.PositiveInfinity;
        Max = double.NegativeInfinity;
        foreach (CellRun run in Runs)
        {
            Count = checked(Count + run.Count);
            Min = Math.Min(Min, run.Min);
            Max = Math.Max(Max, run.Max);
        }
    }

    public long Count { get; }

    public double Min { get; }

    public double Max { get; }

    public CellRun[] Runs { get; }

    /// <summary>How many values are at most this one.</summary>
    public long CountAtMost(double value)
    {
        long sum = 0;
        foreach (CellRun run in Runs)
            sum += run.CountAtMost(value);
        return sum;
    }

    /// <summary>Between which numbers the true count of values up to this one lies.</summary>
    public (double Least, double Most) CountBounds(double value)
    {
        double least = 0, most = 0;
        foreach (CellRun run in Runs)
        {
            (double runLeast, double runMost) = run.CountBounds(value);
            least += runLeast;
            most += runMost;
        }
        return (least, most);
    }

    /// <summary>The value of a rank, 0 to count - 1: the smallest double that more than <paramref name="rank"/> values do not exceed.</summary>
    public double At(long rank)
    {
        if (Runs.Length == 1)
            return Runs[0].At(rank);
        long from = OrderedBits.Of(Min), to = OrderedBits.Of(Max);
        while (from < to)
        {
            long middle = (from & to) + ((from ^ to) >> 1);
            if (CountAtMost(OrderedBits.ToDouble(middle)) > rank) to = middle;
            else from = middle + 1;
        }
        double value = OrderedBits.ToDouble(from);
        return value == 0 && Min.Equals(Max) && double.IsNegative(Max) ? value : value + 0.0; // -0 only where all are
    }

    /// <summary>The same values in ascending, disjoint cells, about twice as many as the final form has, or the only run's as they are.</summary>
    public CellRun Recut(int compression)
    {
        if (Runs.Length == 1)
            return Runs[0];
        int most = compression * Finer;
        if (DistinctValues(most) is { } values)
            return new CellRun(values, compression);
        bool isLarge = Runs.Sum(run => run.Cells.Length) > MaxOwnCells;
        Workspace space = (isLarge ? Interlocked.Exchange(ref large, null) : own) ?? new Workspace();
        ReadOnlySpan<double> ends = space.Boundaries.Find(Runs, Min, Max, new SizeLimit(most, Count));
        Span<Cell> all;
        int round = 0;
        do
        {
            space.Builder.Begin(ends, Count);
            foreach (CellRun run in Runs)
                space.Builder.Put(run.Cells);
            if (space.Made.Length < ends.Length)
                space.Made = new Cell[ends.Length * 2];
            all = space.Made.AsSpan(0, space.Builder.ToCells(space.Made));
        }
        while (round++ < MostRounds && space.Boundaries.TryRefine(Runs, all, ref ends));
        var recut = new CellRun(all, compression);
        if (isLarge) Volatile.Write(ref large, space);
        else own = space;
        return recut;
    }

    /// <summary>All values where there are only pure cells, and of so many values at most; else null.</summary>
    private Cell[]? DistinctValues(int most)
    {
        var cells = new List<Cell>();
        foreach (CellRun run in Runs)
        {
            foreach (ref readonly Cell cell in run.Cells)
            {
                if (!cell.IsPure)
                    return null;
                cells.Add(cell);
            }
        }
        Cell[] all = [.. cells];
        Array.Sort(all, static (a, b) => a.Mean.CompareTo(b.Mean));
        int last = Cell.JoinEqual(all);
        return last <= most ? all[..last] : null;
    }

    private sealed class Workspace
    {
        public BoundaryChoice Boundaries { get; } = new();

        public CellBuilder Builder { get; } = new();

        public Cell[] Made { get; set; } = [];
    }
}
