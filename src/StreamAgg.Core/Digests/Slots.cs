using System.Runtime.CompilerServices;

namespace StreamAgg.Core.Digests;

/// <summary>New cells between given cuts, from cells that need not respect those: the one place where a cell is cut.</summary>
/// <remarks>
/// A slot reaches from above the cut before it to its own cut, inclusive. Each cell counts as a whole in the slot where it ends; what of it lies below
/// a cut is summed up apart, as a fraction, and only the sum of all cells is rounded to a number of values. The memory is used again.
/// </remarks>
internal sealed class Slots
{
    private struct Slot
    {
        public double Cut;

        /// <summary>Of the cells that end here. Rises are half of how far values lie above a cut (below, that is) as a part of all values: no sum overflows.</summary>
        public long Weight;
        public double HalfRise;

        /// <summary>Of the parts below this cut of cells that end above it.</summary>
        public double PartWeight;
        public double PartHalfRise;

        public double Low;
        public double High;

        /// <summary>By how many the number of values up to the cut may be off.</summary>
        public double Doubt;
    }

    /// <summary>Of so few values between the ends the mean says little about a shape, and a line will do.</summary>
    private const double FewInner = 8;

    private Slot[] slots = [];
    private int length;
    private double share;

    /// <param name="cuts">Ascending; the last one is at or above every value.</param>
    /// <param name="count">How many values will be put in.</param>
    public void Begin(ReadOnlySpan<double> cuts, long count)
    {
        length = cuts.Length;
        share = 1.0 / count;
        if (slots.Length < length)
            slots = new Slot[length * 2];
        for (int i = 0; i < length; i++)
            slots[i] = new Slot { Cut = cuts[i], Low = double.PositiveInfinity, High = double.NegativeInfinity };
    }

    /// <summary>Deals a run of cells out.</summary>
    /// <param name="cells">Ascending and disjoint.</param>
    /// <param name="before">By how many the number of values before the first of them may be off.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Put(ReadOnlySpan<Cell> cells, double before = 0)
    {
        Span<Slot> all = slots.AsSpan(0, length);
        int at = 0;
        foreach (ref readonly Cell cell in cells)
        {
            for (; all[at].Cut < cell.Low; at++)
                all[at].Doubt += before;
            ref Slot slot = ref all[at];
            if (cell.Low < slot.Low) slot.Low = cell.Low;
            if (cell.High > slot.Cut)
            {
                at += Cut(cell, before, all[at..]);
                slot = ref all[at];
            }
            if (!(cell.High < slot.High)) slot.High = Math.Max(cell.High, slot.High); // 0 above -0
            slot.Weight += cell.Weight;
            slot.HalfRise += ((cell.Mean * 0.5) - (slot.Cut * 0.5)) * (cell.Weight * share);
            before = cell.Doubt;
        }
        for (; at < all.Length; at++)
            all[at].Doubt += before;
    }

    /// <summary>Deals values out.</summary>
    /// <param name="values">Ascending.</param>
    public void Put(ReadOnlySpan<double> values)
    {
        int at = 0;
        foreach (double value in values)
        {
            while (slots[at].Cut < value)
                at++;
            ref Slot slot = ref slots[at];
            slot.Low = Math.Min(slot.Low, value);
            slot.High = Math.Max(slot.High, value);
            slot.Weight++;
            slot.HalfRise += ((value * 0.5) - (slot.Cut * 0.5)) * share;
        }
    }

    /// <summary>Splits a cell, as <see cref="CellCurve"/> has it, at the cuts between its ends, of which the first slot's is one; returns how many.</summary>
    private int Cut(in Cell cell, double before, Span<Slot> from)
    {
        double weight = cell.Weight, inner = weight - 2, halfLow = cell.Low * 0.5, halfWidth = (cell.High * 0.5) - halfLow, high = cell.High;
        double some = Math.Max(inner, 1), perArea = halfWidth > 0 ? 1 / (halfWidth * some) : 0, lean = 6 * weight * ((cell.Mean * 0.5) - halfLow - (halfWidth * 0.5)) * perArea;
        if (!(Math.Abs(lean) <= 1) || perArea == 0)
        {
            if (inner > FewInner || perArea == 0)
                return CutSteep(cell, before, from);
            lean = Math.Clamp(lean, -1, 1);
        }
        // Worked out for a straight line, without a call: most of a merge's time is spent here.
        double perWidth = perArea * some, level = inner * (1 - lean), slope = inner * lean, halfLevel = level * 0.5, twoThirds = slope * (2 / 3.0), part = share;
        double doubt = (weight + before + cell.Doubt) * 0.5, even = (weight + cell.Doubt - before) * 0.5;
        int at = 0;
        for (; at < from.Length && from[at].Cut < high; at++)
        {
            ref Slot slot = ref from[at];
            double x = (slot.Cut * 0.5) - halfLow, u = x * perWidth, below = 1 + (u * (level + (slope * u)));
            slot.PartWeight += below;
            slot.PartHalfRise += part * x * ((u * (halfLevel + (twoThirds * u))) - below);
            slot.Doubt += doubt + Math.Abs(below - even);
        }
        return at;
    }

    private int CutSteep(in Cell cell, double before, Span<Slot> from)
    {
        double inner = cell.Weight - 2.0, halfLow = cell.Low * 0.5, halfWidth = (cell.High * 0.5) - halfLow;
        var shape = new Shape(inner > 0 && halfWidth > 0 ? ((((cell.Mean * 0.5) - halfLow) / halfWidth * cell.Weight) - 1) / inner : 0.5, cell.Low, cell.High);
        int at = 0;
        for (; from[at].Cut < cell.High; at++)
        {
            ref Slot slot = ref from[at];
            double x = (slot.Cut * 0.5) - halfLow, height = halfWidth > 0 ? x / halfWidth : 0, below = 1 + (inner * shape.Below(height));
            slot.PartWeight += below;
            slot.PartHalfRise += (inner * share * halfWidth * shape.SumBelow(height)) - (below * share * x);
            // All that is known is that the cell's values lie between its ends: any number of them may lie before the cut.
            slot.Doubt += Math.Max(below + before, cell.Weight - below + cell.Doubt);
        }
        return at;
    }

    /// <summary>What the slots hold, as cells.</summary>
    /// <param name="cells">Room for as many as there are cuts.</param>
    /// <returns>How many are not empty.</returns>
    public int ToCells(Span<Cell> cells)
    {
        int made = 0;
        long whole = 0, before = 0;
        double partBefore = 0, riseBefore = 0, cutBefore = double.NegativeInfinity;
        bool isCut = false;
        for (int i = 0; i < length; i++)
        {
            ref Slot slot = ref slots[i];
            whole += slot.Weight;
            long upTo = Math.Max(before, whole + (long)Math.Round(slot.PartWeight)), weight = upTo - before;
            double low = isCut || slot.Low <= cutBefore ? Math.BitIncrement(cutBefore) : slot.Low, doubt = slot.Doubt;
            isCut = slot.PartWeight > 0;
            double high = isCut ? slot.Cut : slot.High;
            double exact = slot.Weight + slot.PartWeight - partBefore;
            double rise = slot.HalfRise + slot.PartHalfRise - riseBefore - (partBefore > 0 ? partBefore * share * ((cutBefore * 0.5) - (slot.Cut * 0.5)) : 0);
            (before, partBefore, riseBefore, cutBefore) = (upTo, slot.PartWeight, slot.PartHalfRise, slot.Cut);
            if (weight == 0)
            {
                // Values that were counted elsewhere may lie here.
                if (made > 0) cells[made - 1] = cells[made - 1].With(Math.Max(cells[made - 1].Doubt, doubt));
                continue;
            }
            double mean = Math.Clamp(((slot.Cut * 0.5) + (rise / (exact * share))) * 2, low, high);
            if (low == high)
            {
                mean = high; // -0 only where all are
            }
            else if (weight == 1)
            {
                // A single value is at one place, which is not known here: it may be on the other side of whatever lies around.
                doubt = Math.Max(doubt, made > 0 ? cells[made - 1].Doubt : 0) + 1;
                if (made > 0) cells[made - 1] = cells[made - 1].With(doubt);
                low = high = mean;
            }
            cells[made++] = new Cell(low, high, mean, weight, doubt);
        }
        return made;
    }
}
