using System.Numerics;

namespace StreamAgg.Core.Digests;

/// <summary>Finds the cell of a value by a table over the value's bits: one look, and a step or two where a slot holds several cells.</summary>
internal sealed class CellIndex
{
    private const int SlotBits = 11;
    private const int Slots = 1 << SlotBits;

    /// <summary>Where stepping through a crowded slot costs more than halving it.</summary>
    private const int Steps = 6;

    private readonly ushort[] first = new ushort[Slots + 1];
    private double[] highs = [];
    private long origin;
    private int shift;

    /// <param name="cells">Ascending and disjoint, fewer than 2^16.</param>
    public void Build(ReadOnlySpan<Cell> cells)
    {
        if (highs.Length <= cells.Length)
            highs = new double[(cells.Length * 2) + 1];
        for (int i = 0; i < cells.Length; i++)
            highs[i] = cells[i].High;
        highs[cells.Length] = double.PositiveInfinity;
        // The outermost cells are far apart; without them the slots are narrower where the values are.
        int outer = cells.Length / 32;
        origin = cells.Length == 0 ? 0 : Key(cells[outer].Low);
        ulong range = cells.Length == 0 ? 0 : (ulong)(Key(cells[cells.Length - 1 - outer].High) - origin);
        shift = Math.Max(0, 64 - SlotBits - BitOperations.LeadingZeroCount(range));
        int cell = 0, slot = 1;
        first[0] = 0;
        // A slot's first cell is the first that does not end before the slot begins.
        for (; slot < Slots && cell < cells.Length; cell++)
        {
            long reach = Key(highs[cell]) - origin;
            int last = reach < 0 ? 0 : (int)Math.Min((ulong)reach >> shift, Slots - 1);
            if (last < slot)
                continue;
            first.AsSpan(slot, last - slot + 1).Fill((ushort)cell);
            slot = last + 1;
        }
        first.AsSpan(slot).Fill((ushort)cells.Length);
        first[Slots] = (ushort)cells.Length;
    }

    /// <summary>Half the ordered bits, so that the distance of any two does not overflow.</summary>
    private static long Key(double value) => OrderedBits.Of(value) >> 1;

    /// <summary>The first cell that does not end below the value; the number of cells where there is none.</summary>
    public int Find(double value)
    {
        int slot = (int)Math.Clamp((Key(value) - origin) >> shift, 0, Slots - 1);
        int at = first[slot], end = first[slot + 1];
        if (end - at <= Steps)
        {
            while (highs[at] < value)
                at++;
            return at;
        }
        while (at < end)
        {
            int middle = (at + end) >> 1;
            if (highs[middle] < value) at = middle + 1;
            else end = middle;
        }
        return at;
    }
}
