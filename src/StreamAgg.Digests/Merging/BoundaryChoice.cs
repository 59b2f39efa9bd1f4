using System.Numerics;
using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Merging;

/// <summary>Finds the values at which several runs are cut into sections of about a full cell each.</summary>
/// <remarks>
/// Each cell counts as a lump at its mean. The lumps are dealt out on the bits of their means and not sorted: where a bucket holds only a part of
/// a full cell, their order within it does not matter, and its edge, a number of few digits, is a good cut. A fuller bucket is dealt out again;
/// few lumps are taken one by one.
/// </remarks>
internal sealed class BoundaryChoice
{
    private const int BucketBits = 12;

    /// <summary>A bucket lighter than this part of a full cell is taken whole: sections become at most so much uneven.</summary>
    private const double Light = 0.5;

    /// <summary>So many lumps are sorted sooner than dealt out.</summary>
    private const int Few = 24;

    /// <summary>The part of a full cell from which a lump has a section of its own, between its own ends: exact, with nothing of it cut.</summary>
    private const double Solitary = 0.5;

    /// <summary>Unless its like overlaps it: of cells up to so many times as heavy none has a section of its own.</summary>
    private const double Peers = 4;

    /// <summary>
    /// A made cell is cut again where it has so many times its size: those of a digest that was written have nearly three times that of a section,
    /// and cutting them by their curves tells nothing new.
    /// </summary>
    private const double Heavy = 3;

    /// <summary>
    /// Where its mean lies in this part of it at either end, the foot of a peak shares a cell with a valley. No shape has both, so that one is cut
    /// again from this part of its size on, into pieces of that part of it (the line of `./dev bench digest` that moves: two peaks, merged and
    /// encoded).
    /// </summary>
    private const double Steep = 0.32;

    private const double HeavyFoot = 0.7;

    private const double FootPiece = 0.3;

    /// <summary>A cell counts as so many pieces at most when it is cut along the ends of others.</summary>
    private const int MostPieces = 16;

    private readonly record struct Lump(double Mean, double Weight, int Run, int Cell);

    private Lump[] lumps = [];
    private Lump[] dealt = [];
    private double[] cuts = [];
    private int length;
    private CellRun[] runs = [];
    private SizeLimit limit;

    /// <summary>The weight before the last cut, and the weight since.</summary>
    private double before;
    private double since;

    /// <summary>No cut but the end is above.</summary>
    private double last;

    /// <summary>A value at or above the means of all lumps that have been taken.</summary>
    private double reached;

    /// <param name="merged">More than one run.</param>
    /// <returns>Ascending; the first is the smallest value, the last the largest. Valid until the next use.</returns>
    public ReadOnlySpan<double> Find(CellRun[] merged, double min, double max, SizeLimit size)
    {
        runs = merged;
        limit = size;
        before = since = 0;
        length = 0;
        reached = min;
        int count = Collect();
        // The minimum and the maximum stay alone.
        last = Math.BitDecrement(max);
        Cut(min);
        Divide(lumps.AsSpan(0, count), dealt.AsSpan(0, count), OrderedBits.Of(min), OrderedBits.Of(max));
        Cut(last);
        cuts[length++] = max;
        runs = [];
        return cuts.AsSpan(0, length);
    }

    /// <summary>
    /// More cuts where cells that were made between these are far too heavy (the means of lumps had hidden how far those reach, as at a jump), or
    /// hold the foot of a peak.
    /// </summary>
    /// <param name="made">What the cuts that were found have come to.</param>
    /// <param name="ends">Those cuts, then with the further ones among them.</param>
    /// <returns>Whether there are any.</returns>
    public bool TryRefine(CellRun[] merged, ReadOnlySpan<Cell> made, ref ReadOnlySpan<double> ends)
    {
        int found = length;
        double rank = 0;
        foreach (ref readonly Cell cell in made)
        {
            bool isFoot = IsFoot(cell);
            if (!cell.IsPure && !limit.Allows(rank, cell.Weight, 1 / (isFoot ? HeavyFoot : Heavy)))
                Refine(merged, cell, limit.At(rank + (cell.Weight / 2.0)) * (isFoot ? FootPiece : 1));
            rank += cell.Weight;
        }
        if (length == found)
            return false;
        cuts.AsSpan(0, length).Sort();
        ends = cuts.AsSpan(0, length);
        return true;
    }

    /// <summary>Halves: the distance of two finite doubles need not be finite.</summary>
    private static bool IsFoot(in Cell cell)
    {
        double middle = (cell.Mean * 0.5) - (cell.Low * 0.5), width = (cell.High * 0.5) - (cell.Low * 0.5);
        return middle < Steep * width || middle > (1 - Steep) * width;
    }

    /// <summary>Cuts a made cell along the ends of the cells that it is made of: values that were given, and as dense as these are.</summary>
    private void Refine(CellRun[] merged, in Cell cell, double full)
    {
        int count = 0;
        foreach (CellRun run in merged)
            foreach (ref readonly Cell part in run.Between(cell.Low, cell.High))
                count = Spread(part, full, count);
        Span<Lump> inside = lumps.AsSpan(0, count);
        inside.Sort(static (a, b) => a.Mean.CompareTo(b.Mean));
        double sum = 0, cutBefore = Math.BitDecrement(cell.Low);
        foreach (ref readonly Lump lump in inside)
        {
            sum += lump.Weight;
            if (sum < full || !(lump.Mean > cutBefore && lump.Mean < cell.High))
                continue;
            if (length == cuts.Length)
                Array.Resize(ref cuts, 2 * length);
            cuts[length++] = cutBefore = lump.Mean;
            sum = 0;
        }
    }

    /// <summary>Puts a cell as lumps from one end to the other, none of them much more than a full one; returns where the next lump goes.</summary>
    private int Spread(in Cell cell, double full, int at)
    {
        int pieces = (int)Math.Clamp(Math.Ceiling(cell.Weight / full), 1, MostPieces);
        double piece = (double)cell.Weight / pieces;
        if (lumps.Length <= at + pieces)
            Array.Resize(ref lumps, 2 * (at + pieces));
        var curve = new CellCurve(cell);
        for (int i = 0; i <= pieces; i++)
            lumps[at++] = new Lump(i == pieces ? cell.High : curve.At((long)(i * piece)), i == 0 || i == pieces ? piece / 2 : piece, 0, 0);
        return at;
    }

    private int Collect()
    {
        int count = 0;
        foreach (CellRun run in runs)
            count += run.Cells.Length;
        if (dealt.Length < count)
        {
            lumps = new Lump[count * 2];
            dealt = new Lump[count * 2];
            // A lump has a cut below and one above at most, a bucket one; the extremes have three.
            cuts = new double[(count * 4) + 3];
        }
        int at = 0;
        for (int run = 0; run < runs.Length; run++)
        {
            ReadOnlySpan<Cell> cells = runs[run].Cells;
            for (int cell = 0; cell < cells.Length; cell++)
                lumps[at++] = new Lump(cells[cell].Mean, cells[cell].Weight, run, cell);
        }
        return count;
    }

    /// <param name="low">No mean's key is below.</param>
    /// <param name="high">No mean's key is above.</param>
    private void Divide(Span<Lump> some, Span<Lump> free, long low, long high)
    {
        if (some.Length <= Few || low == high)
        {
            TakeInOrder(some);
            return;
        }
        int bits = Math.Min(BucketBits, BitOperations.Log2((uint)some.Length) + 1);
        int shift = Math.Max(0, 64 - bits + 1 - BitOperations.LeadingZeroCount((ulong)(high - low)));
        // A bucket reaches from above a key of so many zero bits to the next such key, inclusive.
        long origin = (low - 1) & (-1L << shift);
        Span<int> starts = stackalloc int[(1 << bits) + 1];
        Span<double> weights = stackalloc double[1 << bits];
        foreach (ref readonly Lump lump in some)
        {
            int bucket = (int)((ulong)(OrderedBits.Of(lump.Mean) - 1 - origin) >> shift);
            starts[bucket + 1]++;
            weights[bucket] += lump.Weight;
        }
        for (int i = 1; i < starts.Length; i++)
            starts[i] += starts[i - 1];
        foreach (ref readonly Lump lump in some)
            free[starts[(int)((ulong)(OrderedBits.Of(lump.Mean) - 1 - origin) >> shift)]++] = lump;
        // Each start has moved to its bucket's end.
        for (int i = 0, from = 0; i < weights.Length; from = starts[i], i++)
        {
            if (starts[i] == from)
                continue;
            ulong reach = (ulong)(i + 1) << shift;
            long edge = reach < (ulong)(high - origin) ? origin + (long)reach : high;
            if (limit.Allows(before + since, weights[i], 1 / Light))
                Take(weights[i], OrderedBits.ToDouble(edge));
            else
                Divide(free[from..starts[i]], some[from..starts[i]], Math.Max(low, origin + 1 + ((long)i << shift)), edge);
        }
    }

    private void Take(double weight, double edge)
    {
        if (IsFull(weight))
            Cut(reached);
        since += weight;
        reached = edge;
    }

    private void TakeInOrder(Span<Lump> few)
    {
        for (int i = 1; i < few.Length; i++)
        {
            Lump lump = few[i];
            int at = i - 1;
            for (; at >= 0 && few[at].Mean > lump.Mean; at--)
                few[at + 1] = few[at];
            few[at + 1] = lump;
        }
        for (int i = 0, next; i < few.Length; i = next)
        {
            Cell cell = CellOf(few[i]);
            for (next = i + 1; next < few.Length && few[next].Mean == few[i].Mean; next++)
            {
                Cell equal = CellOf(few[next]);
                cell = new Cell(Math.Min(cell.Low, equal.Low), Math.Max(cell.High, equal.High), cell.Mean, cell.Weight + equal.Weight);
            }
            bool overlaps = (i > 0 && IsPeer(few[i - 1], cell) && few[i - 1].Mean >= cell.Low)
                || (next < few.Length && IsPeer(few[next], cell) && few[next].Mean <= cell.High);
            Take(cell, overlaps);
        }
    }

    /// <summary>Whether a lump is of a size with a cell: one that is not may well lie in that cell's section.</summary>
    private static bool IsPeer(in Lump lump, in Cell cell) => lump.Weight * Peers > cell.Weight;

    private Cell CellOf(in Lump lump) => runs[lump.Run].Cells[lump.Cell];

    private void Take(in Cell cell, bool overlaps)
    {
        double weight = cell.Weight;
        if (!overlaps && !limit.Allows(before + since, weight, 1 / Solitary))
        {
            if (since > 0) Cut(Math.BitDecrement(cell.Low));
            since += weight;
            Cut(cell.High);
        }
        else
        {
            if (IsFull(weight)) Cut(OrderedBits.ToDouble(OrderedBits.Roundest(OrderedBits.Of(reached), OrderedBits.Of(cell.Mean) - 1)));
            since += weight;
        }
        reached = Math.Max(reached, cell.Mean);
    }

    private bool IsFull(double weight) => since > 0 && !limit.Allows(before, since + weight);

    private void Cut(double value)
    {
        if (length == 0 || (cuts[length - 1] < value && value <= last))
            cuts[length++] = value;
        before += since;
        since = 0;
    }
}
