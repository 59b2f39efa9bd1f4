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

    /// <summary>In cells of a few values an error of a rank is no sign of anything.</summary>
    private const double SmallestFull = 8;

    /// <summary>A cell of so few values is known nearly to the rank as it is.</summary>
    private const int FewestAnchored = 4;

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
        Cell[] final = Compaction.Fit(working, [], run.Count, compression);
        long[] misleading = MisleadingBoundaries(final, run.Count, compression);
        if (misleading.Length > 0)
            final = Anchored(working, misleading, run.Count, compression);
        RoundMeans(final);
        // Where neighbours shared a boundary, the anchors on both sides of it are the same value.
        return final[..Cell.JoinEqual(final)];
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
            double part = error / Math.Max(SmallestFull, limit.At(rank));
            if (part > Tolerated)
                found.Add((part, rank));
        }
        found.Sort(static (a, b) => b.Part != a.Part ? b.Part.CompareTo(a.Part) : a.Rank.CompareTo(b.Rank));
        long[] worst = [.. found.Take(compression / CentroidsABoundary).Select(static f => f.Rank)];
        Array.Sort(worst);
        return worst;
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

    private static Cell[] Anchored(ReadOnlySpan<Cell> working, ReadOnlySpan<long> boundaries, long count, int compression)
    {
        var cells = new List<Cell>(working.Length + (2 * boundaries.Length));
        var bars = new List<bool>(cells.Capacity);
        int next = 0;
        long rank = 0;
        bool begins = false;
        double doubt = 0;
        foreach (ref readonly Cell cell in working)
        {
            Cell rest = cell;
            rank += rest.Weight;
            bool ends = next < boundaries.Length && boundaries[next] == rank;
            if (ends) next++;
            bool splits = !rest.IsPure && rest.Weight >= FewestAnchored;
            // What is left has to be of different values still: equal ones would be taken for all there were.
            if (splits && begins && new CellCurve(rest).At(1) < rest.High)
            {
                Put(Cell.Pure(rest.Low, 1, doubt), true);
                rest = Without(rest, rest.Low, new CellCurve(rest).At(1), rest.High);
            }
            Cell last = default;
            if (splits && ends && rest.Low < new CellCurve(rest).At(rest.Weight - 2))
            {
                last = Cell.Pure(rest.High, 1, cell.Doubt);
                rest = Without(rest, rest.High, rest.Low, new CellCurve(rest).At(rest.Weight - 2));
            }
            Put(rest, begins);
            if (last.Weight > 0)
                Put(last, true);
            begins = ends;
            doubt = cell.Doubt;
        }
        return Compaction.Fit([.. cells], [.. bars], count, compression);

        void Put(in Cell cell, bool isBarred)
        {
            cells.Add(cell);
            bars.Add(isBarred);
        }
    }

    private static Cell Without(in Cell cell, double value, double low, double high)
    {
        double mean = cell.Mean + ((cell.Mean / (cell.Weight - 1)) - (value / (cell.Weight - 1)));
        return new Cell(low, high, Math.Clamp(mean, low, high), cell.Weight - 1, cell.Doubt);
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
            cell = new Cell(cell.Low, cell.High, Math.Clamp(mean, cell.Low, cell.High), cell.Weight, cell.Doubt);
        }
    }
}
