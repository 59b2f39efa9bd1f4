using System.Numerics;

namespace StreamAgg.Core.Digests;

/// <summary>The final form for readers who have only means, weights and purity: the arrays in SQL.</summary>
/// <remarks>
/// Whoever reads those has to estimate where cells begin and end (<see cref="EdgeEstimate"/>). Here the truth is still known, so the
/// estimate is tried, and where it would mislead - at a gap, at the edge of a cluster - the two values at the boundary are stored as pure centroids of
/// weight 1 in their own right: anchors, between which nothing is left to estimate.
/// </remarks>
internal static class AnchoredForm
{
    /// <summary>An estimate that is off by less than this part of a full cell is good enough: ordinary noise stays below.</summary>
    private const double Tolerated = 0.1;

    /// <summary>One boundary in this many centroids at most is anchored, by two of them; with more, the cells between them would grow.</summary>
    private const int CentroidsABoundary = 8;

    /// <summary>A mean that is off by 2^-18 of its cell moves no quantile by more than that part of the cell's weight.</summary>
    private const int MeanBits = 18;

    /// <param name="run">Working cells.</param>
    /// <param name="compression">The most centroids.</param>
    public static Cell[] Of(CellRun run, int compression)
    {
        ReadOnlySpan<Cell> working = run.Cells;
        // Ends that are estimates themselves gain nothing from anchors; the cells stay as they were read.
        if (run.Estimated && working.Length <= compression)
            return working.ToArray();
        bool[] barred = FinalForm.Bars(working, run.Count, compression, Tolerated, compression / CentroidsABoundary);
        Cell[] final = working.Length <= compression ? working.ToArray() : Compaction.Fit(working, barred, run.Count, compression);
        long[] misleading = MisleadingBoundaries(final, run.Count, compression);
        if (misleading.Length > 0)
            final = Anchored(working, barred, misleading, run.Count, compression);
        RoundMeans(final);
        return JoinEqual(final);
    }

    /// <summary>One value, one pure cell: where neighbours shared a boundary, the anchors on both sides of it are the same value.</summary>
    private static Cell[] JoinEqual(Cell[] cells)
    {
        int last = 0;
        for (int i = 1; i < cells.Length; i++)
        {
            if (cells[last].IsPure && cells[i].IsPure && cells[last].Mean == cells[i].Mean)
                cells[last] = cells[last].Join(cells[i]);
            else
                cells[++last] = cells[i];
        }
        return last + 1 == cells.Length ? cells : cells[..(last + 1)];
    }

    /// <summary>Ranks of the boundaries at which the estimate is furthest off, ascending.</summary>
    private static long[] MisleadingBoundaries(Cell[] cells, long count, int compression)
    {
        Cell[] estimated = EdgeEstimate.ToCells(
            Array.ConvertAll(cells, static c => c.Mean), Array.ConvertAll(cells, static c => c.Weight), Array.ConvertAll(cells, static c => c.IsPure));
        var found = new List<(double Part, long Rank)>();
        var limit = new SizeLimit(compression, count);
        long rank = 0;
        for (int i = 0; i + 1 < cells.Length; i++)
        {
            rank += cells[i].Weight;
            double error = Math.Max(
                Misplaced(cells[i], estimated[i], static c => c.High), Misplaced(cells[i + 1], estimated[i + 1], static c => c.Low));
            double part = error / FinalForm.Full(limit, rank);
            if (part > Tolerated)
                found.Add((part, rank));
        }
        return FinalForm.Worst(found, compression / CentroidsABoundary);
    }

    /// <summary>How many ranks apart the true and the estimated end of a cell are.</summary>
    private static double Misplaced(in Cell cell, in Cell estimated, Func<Cell, double> end)
    {
        if (cell.IsPure)
            return 0;
        double truth = end(cell), guess = end(estimated);
        return Math.Max(
            Math.Abs(new CellCurve(estimated).CountAtMost(truth) - new CellCurve(estimated).CountAtMost(guess)),
            Math.Abs(new CellCurve(cell).CountAtMost(guess) - new CellCurve(cell).CountAtMost(truth)));
    }

    private static Cell[] Anchored(
        ReadOnlySpan<Cell> working, ReadOnlySpan<bool> barred, ReadOnlySpan<long> boundaries, long count, int compression)
    {
        var cells = new List<Cell>(working.Length + (2 * boundaries.Length));
        var bars = new List<bool>(cells.Capacity);
        int next = 0;
        long rank = 0;
        bool begins = false;
        for (int i = 0; i < working.Length; i++)
        {
            Cell rest = working[i];
            rank += rest.Weight;
            bool ends = next < boundaries.Length && boundaries[next] == rank;
            if (ends) next++;
            bool splitsLow = begins && !rest.IsPure;
            if (splitsLow) Put(TakeLow(ref rest), true);
            bool splitsHigh = ends && !rest.IsPure;
            Cell last = splitsHigh ? TakeHigh(ref rest) : default;
            Put(rest, barred[i] || begins);
            if (splitsHigh) Put(last, true);
            begins = ends;
        }
        return Compaction.Fit([.. cells], [.. bars], count, compression);

        void Put(in Cell cell, bool isBarred)
        {
            cells.Add(cell);
            bars.Add(isBarred);
        }
    }

    private static Cell TakeLow(ref Cell cell)
    {
        Cell taken = Cell.Pure(cell.Low, 1);
        cell = Without(cell, cell.Low, new CellCurve(cell).At(1), cell.High);
        return taken;
    }

    private static Cell TakeHigh(ref Cell cell)
    {
        Cell taken = Cell.Pure(cell.High, 1);
        cell = Without(cell, cell.High, cell.Low, new CellCurve(cell).At(cell.Weight - 2));
        return taken;
    }

    private static Cell Without(in Cell cell, double value, double low, double high)
    {
        if (cell.Weight == 2)
            return Cell.Pure(value == cell.Low ? cell.High : cell.Low, 1);
        double mean = cell.Mean + ((cell.Mean / (cell.Weight - 1)) - (value / (cell.Weight - 1)));
        return new Cell(low, high, Math.Clamp(mean, low, high), cell.Weight - 1);
    }

    /// <summary>Drops what of a mean says nothing: digits far below the cell's own width. That saves bytes, and no exactness is lost.</summary>
    private static void RoundMeans(Span<Cell> cells)
    {
        foreach (ref Cell cell in cells)
        {
            ulong width = (ulong)(OrderedBits.Of(cell.High) - OrderedBits.Of(cell.Low)) >> MeanBits;
            if (cell.IsPure || width == 0)
                continue;
            long step = 1L << BitOperations.Log2(width), key = OrderedBits.Of(cell.Mean);
            double mean = OrderedBits.ToDouble((key + (step / 2)) & -step);
            cell = new Cell(cell.Low, cell.High, Math.Clamp(mean, cell.Low, cell.High), cell.Weight);
        }
    }
}
