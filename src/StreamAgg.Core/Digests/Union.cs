using System.Runtime.InteropServices;

namespace StreamAgg.Core.Digests;

/// <summary>Several runs read as one: a quantile is the exact one of all the values that they stand for.</summary>
/// <remarks>
/// Centroids sorted together and interpolated would treat each as a lump at its mean; here each spreads its values over its own curve, and what
/// the errors of many digests have at random cancels out.
/// </remarks>
internal sealed class Union
{
    /// <summary>The share of a full cell from which one repeated value is not mixed with its neighbours.</summary>
    private const double Solitary = 0.5;

    /// <summary>How many cuts a final cell: two leave the final form a choice of where to join; each costs a look into every run.</summary>
    private const double Finer = 2;

    /// <summary>A cell of which only the mean is known reaches into the two beside it, of about the same weight.</summary>
    private const double Neighbourhood = 3;

    private readonly CellRun[] runs;

    public Union(List<CellRun> runs)
    {
        this.runs = [.. runs];
        Array.Sort(this.runs, CellRun.Compare);
        Min = double.PositiveInfinity;
        Max = double.NegativeInfinity;
        foreach (CellRun run in this.runs)
        {
            Count = checked(Count + run.Count);
            Min = Math.Min(Min, run.Min);
            Max = Math.Max(Max, run.Max);
        }
    }

    public long Count { get; }

    public double Min { get; }

    public double Max { get; }

    public ReadOnlySpan<CellRun> Runs => runs;

    /// <summary>How many values are at most this one.</summary>
    public long CountAtMost(double value)
    {
        long sum = 0;
        foreach (CellRun run in runs)
            sum += run.CountAtMost(value);
        return sum;
    }

    /// <summary>Between which numbers the true count of values up to this one lies.</summary>
    public (double Least, double Most) CountBounds(double value)
    {
        double least = 0, most = 0;
        foreach (CellRun run in runs)
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
        if (runs.Length == 1)
            return runs[0].At(rank);
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

    /// <summary>The same values in about as many ascending, disjoint cells as the final form has, or the only run's as they are.</summary>
    public CellRun Recut(int compression)
    {
        if (runs.Length == 1)
            return runs[0];
        List<double> cuts = FindCuts((int)(compression * Finer));
        var slots = new Cell[cuts.Count + 1];
        var straddling = new double[cuts.Count + 1];
        double doubt = 0;
        foreach (CellRun run in runs)
        {
            Distribute(run, CollectionsMarshal.AsSpan(cuts), slots, straddling);
            doubt = Math.Max(doubt, run.Doubt);
        }
        return new CellRun(Array.FindAll(slots, static slot => slot.Weight > 0), compression, doubt + WorstCut(slots, straddling, compression), false);
    }

    /// <summary>The most that was cut by curves at one place, in full cells.</summary>
    /// <remarks>
    /// What the runs doubted already stays in proportion: the limit is a concave function of the rank, so the full cells of all runs at a value weigh
    /// together no more than the whole's at its rank.
    /// </remarks>
    private double WorstCut(ReadOnlySpan<Cell> slots, ReadOnlySpan<double> straddling, int compression)
    {
        var limit = new SizeLimit(compression, Count);
        double worst = 0;
        long rank = 0;
        for (int i = 0; i < slots.Length; i++)
        {
            rank += slots[i].Weight;
            if (straddling[i] > 0)
                worst = Math.Max(worst, straddling[i] / Math.Max(1, limit.At(rank)));
        }
        return worst;
    }

    /// <summary>Values between which the slots lie, so that each slot holds about a full cell; a slot ends at its cut, inclusive.</summary>
    private List<double> FindCuts(int target)
    {
        ReadOnlySpan<Cell> lumps = Lumps();
        var cuts = new List<double>(target * 2);
        var limit = new SizeLimit(target, Count);
        bool few = lumps.Length <= target;
        long before = 0, weight = 0;
        for (int i = 0; i < lumps.Length; i++)
        {
            Cell lump = lumps[i];
            // The minimum and the maximum stay alone, and what is one value many times keeps its own place.
            bool alone = few || i == 0 || i == lumps.Length - 1
                || (lump.IsPure && lump.Weight > Solitary * limit.At(before + weight + (lump.Weight / 2.0)));
            // Also behind a neighbour that stands alone itself: another run's cell may lie between the two, and its values belong to neither.
            if (alone || (weight > 0 && weight + lump.Weight > limit.At(before + ((weight + lump.Weight) / 2.0))))
            {
                double previous = i > 0 ? lumps[i - 1].Mean : double.NegativeInfinity;
                Cut(cuts, alone ? Math.BitDecrement(lump.Mean) : Math.Clamp((previous / 2) + (lump.Mean / 2), previous, Math.BitDecrement(lump.Mean)));
                before += weight;
                weight = 0;
            }
            weight += lump.Weight;
            if (alone)
            {
                Cut(cuts, lump.Mean);
                before += weight;
                weight = 0;
            }
        }
        return cuts;
    }

    private static void Cut(List<double> cuts, double value)
    {
        if (cuts.Count == 0 || cuts[^1] < value)
            cuts.Add(value);
    }

    /// <summary>Every cell of every run at its mean, ascending, equal means as one; pure where all of them are.</summary>
    private Span<Cell> Lumps()
    {
        int length = 0, next = 0;
        foreach (CellRun run in runs)
            length += run.Cells.Length;
        var all = new Cell[length];
        foreach (CellRun run in runs)
        {
            run.Cells.CopyTo(all.AsSpan(next));
            next += run.Cells.Length;
        }
        Cell[] sorted = CellSort.ByMean(all);
        int last = 0;
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[last].Mean == sorted[i].Mean)
                sorted[last] = new Cell(
                    Math.Min(sorted[last].Low, sorted[i].Low), Math.Max(sorted[last].High, sorted[i].High),
                    sorted[i].Mean, sorted[last].Weight + sorted[i].Weight);
            else
                sorted[++last] = sorted[i];
        }
        return sorted.AsSpan(0, last + 1);
    }

    private static void Distribute(CellRun run, ReadOnlySpan<double> cuts, Span<Cell> slots, Span<double> straddling)
    {
        int slot = 0;
        foreach (ref readonly Cell cell in run.Cells)
        {
            while (slot < cuts.Length && cuts[slot] < cell.Low)
                slot++;
            if (slot == cuts.Length || cell.High <= cuts[slot])
            {
                Put(slots, slot, cell);
                continue;
            }
            var curve = new CellCurve(cell);
            double from = cell.Low;
            for (long rank = 0; ; slot++)
            {
                bool last = slot == cuts.Length || cuts[slot] >= cell.High;
                long end = last ? cell.Weight : Math.Max(rank, curve.About(cuts[slot]));
                double to = last ? cell.High : cuts[slot];
                if (end > rank)
                    Put(slots, slot, curve.Piece(rank, end, from, to));
                rank = end;
                from = Math.BitIncrement(to);
                if (last)
                    break;
                straddling[slot] += run.Estimated ? Neighbourhood * cell.Weight : cell.Weight;
            }
        }
    }

    private static void Put(Span<Cell> slots, int slot, in Cell cell) =>
        slots[slot] = slots[slot].Weight == 0 ? cell : slots[slot].Join(cell);
}
