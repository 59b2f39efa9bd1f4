using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Adding;

/// <summary>Finds a value's cell by a table over the value's bits; where a slot of it holds several cells, by a table of that slot's own.</summary>
internal sealed class CellIndex
{
    /// <summary>What has come into a cell: how many values, and how far they lie above the cell's end (below, that is) in all.</summary>
    public struct Tally
    {
        public long Count;
        public double Rise;
    }

    private struct Ends
    {
        public double High;
        public double Low;
    }

    private readonly record struct SlotTable(long Origin, int Shift, int Start, int Last);

    private const int SlotBits = 13;
    private const int Slots = 1 << SlotBits;

    /// <summary>Marks a slot that holds the ends of several cells.</summary>
    private const int Several = 1 << 15;

    /// <summary>At least 2^2 slots a cell in the table of such a slot.</summary>
    private const int FinerBits = 3;

    /// <summary>Of each slot the first cell that does not end before it, or the number of its own table.</summary>
    private readonly ushort[] first = new ushort[Slots];
    private Ends[] ends = [];
    private long origin;
    private int shift;
    private SlotTable[] tables = [];
    private ushort[] tableSlots = [];
    private int tableCount;
    private int tableLength;
    private Cell[]? indexed;
    private int structure;
    private int length;

    /// <summary>Whether this is of such cells already; their weights and means may have changed since.</summary>
    /// <param name="theirStructure">Another number whenever there are other cells in the same array.</param>
    public bool IsOf(Cell[] cells, int theirStructure) => indexed == cells && structure == theirStructure;

    /// <param name="cells">Ascending and disjoint, fewer than 2^15.</param>
    public void Build(Cell[] cells, int count, int theirStructure)
    {
        (indexed, structure, length) = (cells, theirStructure, count);
        if (ends.Length <= length)
        {
            ends = new Ends[(length * 2) + 1];
            tables = new SlotTable[ends.Length];
            tableSlots = new ushort[ends.Length << FinerBits];
        }
        for (int i = 0; i < length; i++)
            ends[i] = new Ends { High = cells[i].High, Low = cells[i].Low };
        ends[length] = new Ends { High = double.PositiveInfinity, Low = double.PositiveInfinity };
        // The outermost cells are far apart; without them the slots are narrower where the values are.
        int outer = length / 32;
        origin = length == 0 ? 0 : OrderedBits.Of(ends[outer].Low);
        shift = length == 0 ? 0 : ShiftFor(OrderedBits.Of(ends[length - 1 - outer].High) - origin, SlotBits);
        tableCount = tableLength = 0;
        int slot = 0;
        for (int from = 0, to; from < length; from = to)
        {
            int last = Slot(ends[from].High, origin, shift, Slots - 1);
            for (to = from + 1; to < length && Slot(ends[to].High, origin, shift, Slots - 1) == last;)
                to++;
            for (; slot < last; slot++)
                first[slot] = (ushort)from;
            first[slot++] = (ushort)(to - from == 1 ? from : Several | AddTable(from, to));
        }
        first.AsSpan(slot).Fill((ushort)length);
    }

    /// <summary>Makes the table of a slot in which some cells end; returns its number.</summary>
    private int AddTable(int from, int to)
    {
        int bits = BitOperations.Log2((uint)(to - from)) + FinerBits, slot = 0;
        long low = OrderedBits.Of(ends[from].High);
        var table = new SlotTable(low, ShiftFor(OrderedBits.Of(ends[to - 1].High) - low, bits), tableLength, (1 << bits) - 1);
        Span<ushort> slots = tableSlots.AsSpan(tableLength, 1 << bits);
        for (int cell = from; cell < to; cell++)
            for (int last = Slot(ends[cell].High, low, table.Shift, table.Last); slot <= last; slot++)
                slots[slot] = (ushort)cell;
        slots[slot..].Fill((ushort)to);
        tableLength += 1 << bits;
        tables[tableCount] = table;
        return tableCount++;
    }

    private static int ShiftFor(long range, int bits) => Math.Max(0, 64 - bits - BitOperations.LeadingZeroCount((ulong)range));

    /// <summary>Counts values into the cells that hold them.</summary>
    /// <param name="values">Finite.</param>
    /// <param name="outside">Takes the values between cells: room for all.</param>
    /// <returns>How many those are.</returns>
    public int Count(ReadOnlySpan<double> values, Span<Tally> tallies, Span<double> outside)
    {
        // Bounds are checked here once: what is found has ends and, unless it is behind all cells, where nothing lies, a tally.
        ref Ends allEnds = ref MemoryMarshal.GetArrayDataReference(ends);
        ref Tally allTallies = ref MemoryMarshal.GetReference(tallies[..length]);
        ref ushort slots = ref MemoryMarshal.GetArrayDataReference(first);
        ref double rest = ref MemoryMarshal.GetReference(outside[..values.Length]);
        long from = origin;
        int bits = shift, kept = 0, hard = values.Length;
        foreach (double value in values)
        {
            long key = OrderedBits.Of(value);
            ulong slot = (ulong)(key - from) >> bits;
            int at = slot < Slots ? Unsafe.Add(ref slots, (nint)slot) : Several;
            if (at >= Several)
            {
                // Left for later, at the end: a call from here would slow all the others down.
                Unsafe.Add(ref rest, --hard) = value;
                continue;
            }
            at += Unsafe.Add(ref allEnds, at).High < value ? 1 : 0;
            ref Ends cell = ref Unsafe.Add(ref allEnds, at);
            if (value >= cell.Low)
            {
                ref Tally tally = ref Unsafe.Add(ref allTallies, at);
                tally.Count++;
                tally.Rise += value - cell.High;
            }
            else
            {
                Unsafe.Add(ref rest, kept++) = value;
            }
        }
        return CountHard(outside[hard..values.Length], tallies, outside, kept);
    }

    private int CountHard(ReadOnlySpan<double> values, Span<Tally> tallies, Span<double> outside, int kept)
    {
        Ends[] all = ends;
        double min = all[0].Low, max = length > 0 ? all[length - 1].High : double.NegativeInfinity;
        foreach (double value in values)
        {
            // An order of values that always leaves the known ones behind comes here most.
            if (value < min || value > max)
            {
                outside[kept++] = value;
                continue;
            }
            int at = FindAmong(value);
            if (value >= all[at].Low)
            {
                tallies[at].Count++;
                tallies[at].Rise += value - all[at].High;
            }
            else
            {
                outside[kept++] = value;
            }
        }
        return kept;
    }

    /// <summary>The cell that holds the value; -1 where it lies between cells.</summary>
    public int Find(double value)
    {
        int at = FindAmong(value);
        return value >= ends[at].Low ? at : -1;
    }

    /// <summary>The first cell that does not end below the value; the number of cells where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FindAmong(double value)
    {
        int at = first[Slot(value, origin, shift, Slots - 1)];
        if (at >= Several)
        {
            ref readonly SlotTable table = ref tables[at & ~Several];
            at = tableSlots[table.Start + Slot(value, table.Origin, table.Shift, table.Last)];
        }
        Ends[] all = ends;
        // Whether it is the next one is by chance, and no branch; one further is rare.
        at += all[at].High < value ? 1 : 0;
        while (all[at].High < value)
            at++;
        return at;
    }

    private static int Slot(double value, long start, int slotShift, int last)
    {
        long key = OrderedBits.Of(value);
        return key < start ? 0 : (int)Math.Min((ulong)(key - start) >> slotShift, (ulong)last);
    }
}
