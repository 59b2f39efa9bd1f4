using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamAgg.Digests.Cells;

/// <summary>New cells between given cuts, from cells that need not respect those: the one place where a cell is cut.</summary>
/// <remarks>
/// A section reaches from above the cut before it to its own cut, inclusive. Each cell counts as a whole in the section where it ends; what of it
/// lies below a cut is summed up apart, as a fraction, and only the sum of all cells is rounded to a number of values. The memory is used again.
/// </remarks>
internal sealed class CellBuilder
{
    /// <summary>Of the cells that end here. A rise is half of how far values lie above the cut, as a part of all values: no sum overflows.</summary>
    private struct Section
    {
        public double Low;
        public double High;
        public long Weight;
        public double HalfRise;
    }

    /// <summary>For each cut, of the parts below it of cells that end above it; and by how many the number of values up to it may be off.</summary>
    private readonly ref struct Row(ref double weight, ref double halfRise, ref double doubt)
    {
        public readonly ref double Weight = ref weight;
        public readonly ref double HalfRise = ref halfRise;
        public readonly ref double Doubt = ref doubt;

        public void Set(int at, double ofWeight, double ofRise, double ofDoubt)
        {
            Unsafe.Add(ref Weight, at) = ofWeight;
            Unsafe.Add(ref HalfRise, at) = ofRise;
            Unsafe.Add(ref Doubt, at) = ofDoubt;
        }
    }

    /// <summary>So many cuts are looked at at once: behind the last one there are as many that nothing reaches.</summary>
    private static readonly int Lanes = Vector256<double>.Count;

    private Section[] sections = [];
    private double[] cuts = [];

    /// <summary>
    /// What all runs have said of the cuts, and what one says, as the three stretches of a <see cref="Row"/>: a cut lies in one cell of a
    /// run at most.
    /// </summary>
    private double[] sums = [];
    private double[] one = [];
    private int stride;
    private int length;
    private double share;

    /// <param name="ends">The cuts, ascending; the last one is at or above every value.</param>
    public void Begin(ReadOnlySpan<double> ends, long count)
    {
        length = ends.Length;
        share = 1.0 / count;
        stride = length + (2 * Lanes) - (length % Lanes);
        if (cuts.Length < stride)
        {
            sections = new Section[stride * 2];
            cuts = new double[stride * 2];
            sums = new double[stride * 6];
            one = new double[stride * 6];
        }
        ends.CopyTo(cuts);
        cuts.AsSpan(length, stride - length).Fill(double.PositiveInfinity);
        sections.AsSpan(0, length + 1).Fill(new Section { Low = double.PositiveInfinity, High = double.NegativeInfinity });
        Array.Clear(sums, 0, 3 * stride);
    }

    /// <summary>Deals a run of cells out.</summary>
    /// <param name="cells">Ascending and disjoint.</param>
    /// <param name="before">By how many the number of values before the first of them may be off.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Put(ReadOnlySpan<Cell> cells, double before = 0)
    {
        // Bounds are checked here once: no cell reaches the cuts behind the last one, and there are as many of those as are looked at at once.
        ref double ends = ref MemoryMarshal.GetArrayDataReference(cuts);
        ref Section all = ref MemoryMarshal.GetArrayDataReference(sections);
        var row = new Row(ref one[0], ref one[stride], ref one[2 * stride]);
        double part = share;
        int at = 0;
        foreach (ref readonly Cell cell in cells)
        {
            double low = cell.Low, high = cell.High;
            for (; Unsafe.Add(ref ends, at) < low; at++)
                row.Set(at, 0, 0, before);
            ref Section begin = ref Unsafe.Add(ref all, at);
            if (low < begin.Low) begin.Low = low;
            if (high > Unsafe.Add(ref ends, at))
                at = Cut(cell, before, at, part, ref ends, row);
            ref Section section = ref Unsafe.Add(ref all, at);
            if (!(high < section.High)) section.High = Math.Max(high, section.High); // 0 above -0
            section.Weight += cell.Weight;
            section.HalfRise += ((cell.Mean * 0.5) - (Unsafe.Add(ref ends, at) * 0.5)) * (cell.Weight * part);
            before = cell.Doubt;
        }
        for (; at < length; at++)
            row.Set(at, 0, 0, before);
        ref double sum = ref MemoryMarshal.GetArrayDataReference(sums);
        for (nuint i = 0; i < (nuint)(3 * stride); i += (nuint)Lanes)
            (Vector256.LoadUnsafe(ref sum, i) + Vector256.LoadUnsafe(ref row.Weight, i)).StoreUnsafe(ref sum, i);
    }

    /// <summary>Deals values out.</summary>
    /// <param name="values">Ascending.</param>
    public void Put(ReadOnlySpan<double> values)
    {
        int at = 0;
        foreach (double value in values)
        {
            while (cuts[at] < value)
                at++;
            ref Section section = ref sections[at];
            section.Low = Math.Min(section.Low, value);
            section.High = Math.Max(section.High, value);
            section.Weight++;
            section.HalfRise += ((value * 0.5) - (cuts[at] * 0.5)) * share;
        }
    }

    /// <summary>Splits a cell, as <see cref="CellCurve"/> has it, at the cuts between its ends from the given one on; returns the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Cut(in Cell cell, double before, int at, double part, ref double ends, Row row)
    {
        double weight = cell.Weight, inner = weight - 2, halfLow = cell.Low * 0.5, halfWidth = (cell.High * 0.5) - halfLow, high = cell.High;
        double some = Math.Max(inner, 1), perArea = halfWidth > 0 ? 1 / (halfWidth * some) : 0,
            lean = 6 * weight * ((cell.Mean * 0.5) - halfLow - (halfWidth * 0.5)) * perArea;
        if (!(Math.Abs(lean) <= 1) || perArea == 0)
            return CutSteep(cell, before, at, part, ref ends, row);
        // Worked out for a straight line, without a call: most of a merge's time is spent here.
        double perWidth = perArea * some, level = inner * (1 - lean), slope = inner * lean, halfLevel = level * 0.5, twoThirds = slope * (2 / 3.0);
        double doubt = (weight + before + cell.Doubt) * 0.5, even = (weight + cell.Doubt - before) * 0.5;
        int within = Lanes;
        // How many cuts a cell has, one to three mostly, is by chance, so no branch is made of it: what is written past the last is written over by
        // what comes next.
        for (; within == Lanes; at += within)
        {
            Vector256<double> cut = Vector256.LoadUnsafe(ref ends, (nuint)at), x = (cut * 0.5) - Vector256.Create(halfLow), u = x * perWidth;
            Vector256<double> below = Vector256<double>.One + (u * (Vector256.Create(level) + (slope * u)));
            below.StoreUnsafe(ref row.Weight, (nuint)at);
            (part * x * ((u * (Vector256.Create(halfLevel) + (twoThirds * u))) - below)).StoreUnsafe(ref row.HalfRise, (nuint)at);
            (Vector256.Create(doubt) + Vector256.Abs(below - Vector256.Create(even))).StoreUnsafe(ref row.Doubt, (nuint)at);
            within = BitOperations.PopCount(Vector256.LessThan(cut, Vector256.Create(high)).ExtractMostSignificantBits());
        }
        return at;
    }

    private static int CutSteep(in Cell cell, double before, int at, double part, ref double ends, Row row)
    {
        double inner = cell.Weight - 2.0, halfLow = cell.Low * 0.5, halfWidth = (cell.High * 0.5) - halfLow;
        var shape = new Shape(
            inner > 0 && halfWidth > 0 ? ((((cell.Mean * 0.5) - halfLow) / halfWidth * cell.Weight) - 1) / inner : 0.5, cell.Low, cell.High);
        for (; Unsafe.Add(ref ends, at) < cell.High; at++)
        {
            double x = (Unsafe.Add(ref ends, at) * 0.5) - halfLow, height = halfWidth > 0 ? x / halfWidth : 0,
                below = 1 + (inner * shape.Below(height));
            // All that is known is that the cell's values lie between its ends: any number of them may lie before the cut.
            double doubt = Math.Max(below + before, cell.Weight - below + cell.Doubt);
            row.Set(at, below, (inner * part * halfWidth * shape.SumBelow(height)) - (below * part * x), doubt);
        }
        return at;
    }

    /// <summary>What the sections hold, as cells.</summary>
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
            ref readonly Section section = ref sections[i];
            double cut = cuts[i], partWeight = sums[i], partRise = sums[stride + i], doubt = sums[(2 * stride) + i];
            whole += section.Weight;
            long upTo = Math.Max(before, whole + (long)Math.Round(partWeight)), weight = upTo - before;
            double low = isCut || section.Low <= cutBefore ? Math.BitIncrement(cutBefore) : section.Low;
            isCut = partWeight > 0;
            double high = isCut ? cut : section.High;
            double exact = section.Weight + partWeight - partBefore;
            double rise = section.HalfRise + partRise - riseBefore - (partBefore > 0 ? partBefore * share * ((cutBefore * 0.5) - (cut * 0.5)) : 0);
            (before, partBefore, riseBefore, cutBefore) = (upTo, partWeight, partRise, cut);
            if (weight == 0)
            {
                // Values that were counted elsewhere may lie here.
                if (made > 0) cells[made - 1] = cells[made - 1].With(Math.Max(cells[made - 1].Doubt, doubt));
                continue;
            }
            double mean = Math.Clamp(((cut * 0.5) + (rise / (exact * share))) * 2, low, high);
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
