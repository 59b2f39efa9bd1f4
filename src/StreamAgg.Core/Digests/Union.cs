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

    /// <summary>The same values in at most about <paramref name="target"/> ascending, disjoint cells.</summary>
    public Cell[] Recut(int target)
    {
        if (runs.Length == 1)
            return runs[0].Cells.ToArray();
        List<double> cuts = FindCuts(target);
        var slots = new Cell[cuts.Count + 1];
        foreach (CellRun run in runs)
            Distribute(run, CollectionsMarshal.AsSpan(cuts), slots);
        return Array.FindAll(slots, static slot => slot.Weight > 0);
    }

    /// <summary>Values between which the slots lie, so that each slot holds about a full cell; a slot ends at its cut, inclusive.</summary>
    private List<double> FindCuts(int target)
    {
        List<Cell> lumps = Lumps();
        var cuts = new List<double>(target * 2);
        var limit = new SizeLimit(target, Count);
        bool few = lumps.Count <= target;
        long before = 0, weight = 0;
        for (int i = 0; i < lumps.Count; i++)
        {
            Cell lump = lumps[i];
            // The minimum and the maximum stay alone, and what is one value many times keeps its own place.
            bool alone = few || i == 0 || i == lumps.Count - 1
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
    private List<Cell> Lumps()
    {
        var sorted = new List<Cell>();
        foreach (CellRun run in runs)
            sorted.AddRange(run.Cells);
        sorted.Sort(static (a, b) => a.Mean.CompareTo(b.Mean));
        int last = 0;
        for (int i = 1; i < sorted.Count; i++)
        {
            if (sorted[last].Mean == sorted[i].Mean)
                sorted[last] = new Cell(
                    Math.Min(sorted[last].Low, sorted[i].Low), Math.Max(sorted[last].High, sorted[i].High),
                    sorted[i].Mean, sorted[last].Weight + sorted[i].Weight);
            else
                sorted[++last] = sorted[i];
        }
        sorted.RemoveRange(last + 1, sorted.Count - last - 1);
        return sorted;
    }

    private static void Distribute(CellRun run, ReadOnlySpan<double> cuts, Span<Cell> slots)
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
            long rank = 0;
            for (; rank < cell.Weight; slot++)
            {
                long end = slot < cuts.Length ? curve.CountAtMost(cuts[slot]) : cell.Weight;
                if (end <= rank) continue;
                Put(slots, slot, curve.Piece(rank, end));
                rank = end;
                if (rank == cell.Weight) break;
            }
        }
    }

    private static void Put(Span<Cell> slots, int slot, in Cell cell) =>
        slots[slot] = slots[slot].Weight == 0 ? cell : slots[slot].Join(cell);
}
