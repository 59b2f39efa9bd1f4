using System.Runtime.CompilerServices;
using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Adding;

/// <summary>Brings a buffer of values into a digest's cells, in working memory that all digests of a thread share.</summary>
/// <remarks>
/// A value inside a cell's ends makes that cell heavier: no boundary moves, so every rank that was exact stays exact, and no order is
/// needed. What lies between cells, or crowds into one that would grow far past its size (the distribution has moved), is left to
/// <see cref="Insertion"/>.
/// </remarks>
internal sealed class Absorption
{
    /// <summary>How much heavier than its limit a cell may grow before it is cut; less would cut on the noise of a steady stream.</summary>
    private const double Crowded = 2.5;

    [ThreadStatic]
    private static Absorption? shared;

    private readonly CellIndex index = new();
    private readonly Insertion insertion = new();
    private CellIndex.Tally[] arrivals = [];
    private bool[] crowded = [];
    private double[] outside = [];
    private double[] between = [];
    private int outsideCount;
    private int belowCount;

    /// <summary>This thread's; what it returns is valid until its next use.</summary>
    public static Absorption Shared => shared ??= new Absorption();

    /// <summary>Whether the last count left a cell too heavy: the rest has to be inserted before the next one.</summary>
    public bool IsCrowded { get; private set; }

    /// <summary>Counts each value into the cell that holds it.</summary>
    /// <param name="cells">Ascending and disjoint; these grow.</param>
    /// <param name="values">Finite, in any order.</param>
    /// <param name="size">The limit of a cell's weight once all this has arrived.</param>
    /// <returns>The values that lie between cells, or in a cell that has to be cut.</returns>
    public ReadOnlySpan<double> Count(Cell[] cells, int length, int structure, ReadOnlySpan<double> values, SizeLimit size)
    {
        Reserve(length, values.Length);
        Span<Cell> present = cells.AsSpan(0, length);
        if (!index.IsOf(cells, structure))
        {
            values = SetApart(present, values);
            if (values.IsEmpty)
                return outside.AsSpan(0, outsideCount);
            index.Build(cells, length, structure);
        }
        outsideCount += index.Count(values, arrivals.AsSpan(0, length), outside.AsSpan(outsideCount));
        IsCrowded = FindCrowded(present, size);
        if (IsCrowded)
            Evict(present, values);
        Grow(present, values);
        return outside.AsSpan(0, outsideCount);
    }

    /// <summary>Inserts what the last count has left.</summary>
    /// <param name="room">Each value may have a cell of its own while there are no more cells than this.</param>
    /// <returns>All cells: those that were given, where nothing was left, or working memory.</returns>
    public Span<Cell> Insert(Span<Cell> cells, SizeLimit size, int room)
    {
        if (outsideCount == 0)
            return cells;
        Span<double> rest = outside.AsSpan(0, outsideCount);
        return insertion.Insert(cells, rest, belowCount, size, cells.Length + outsideCount > room);
    }

    /// <summary>
    /// Sets apart what lies below or above all cells, and returns the others: an order that always leaves the known values behind needs no index, and
    /// where there are no others, each side is sorted on its own: most often it is in order already.
    /// </summary>
    private ReadOnlySpan<double> SetApart(ReadOnlySpan<Cell> cells, ReadOnlySpan<double> values)
    {
        double from = cells.IsEmpty ? double.PositiveInfinity : cells[0].Low, to = cells.IsEmpty ? double.NegativeInfinity : cells[^1].High;
        int inside = 0, below = 0, above = values.Length;
        foreach (double value in values)
        {
            if (value < from) outside[below++] = value;
            else if (value > to) outside[--above] = value;
            else between[inside++] = value;
        }
        belowCount = inside == 0 ? below : 0;
        outsideCount = values.Length - inside;
        outside.AsSpan(above, values.Length - above).CopyTo(outside.AsSpan(below));
        return between.AsSpan(0, inside);
    }

    private void Reserve(int cells, int values)
    {
        Reserve(ref arrivals, cells);
        Reserve(ref crowded, cells);
        Reserve(ref outside, values);
        Reserve(ref between, values);
        arrivals.AsSpan(0, cells).Clear();
        outsideCount = belowCount = 0;
        IsCrowded = false;
    }

    private static void Reserve<T>(ref T[] array, int length)
    {
        if (array.Length < length)
            array = new T[length + (length / 2)];
    }

    /// <summary>Marks the cells that their arrivals would make too heavy.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool FindCrowded(ReadOnlySpan<Cell> cells, SizeLimit size)
    {
        bool any = false;
        double before = 0;
        for (int i = 0; i < cells.Length; i++)
        {
            double weight = cells[i].Weight + arrivals[i].Count;
            bool tooMany = !size.Allows(before, weight, 1 / Crowded) && arrivals[i].Count > 0 && !cells[i].IsPure;
            crowded[i] = tooMany || !double.IsFinite(arrivals[i].Rise);
            any |= crowded[i];
            before += weight;
        }
        return any;
    }

    /// <summary>Takes the arrivals of crowded cells out again, as values on their own.</summary>
    private void Evict(ReadOnlySpan<Cell> cells, ReadOnlySpan<double> values)
    {
        ReadOnlySpan<bool> marked = crowded.AsSpan(0, cells.Length);
        double low = cells[marked.IndexOf(true)].Low, high = cells[marked.LastIndexOf(true)].High;
        foreach (double value in values)
        {
            // Most often a few cells are crowded, and next to no value is theirs.
            if (!(value >= low && value <= high))
                continue;
            int at = index.Find(value);
            if (at >= 0 && crowded[at])
            {
                arrivals[at] = default;
                outside[outsideCount++] = value;
            }
        }
    }

    /// <summary>Adds the arrivals to their cells.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(Span<Cell> cells, ReadOnlySpan<double> values)
    {
        for (int i = 0; i < cells.Length; i++)
        {
            ref readonly CellIndex.Tally arrived = ref arrivals[i];
            if (arrived.Count == 0)
                continue;
            ref Cell cell = ref cells[i];
            long weight = cell.Weight + arrived.Count;
            if (cell.IsPure)
            {
                cell = Cell.Pure(Cell.Common(cell.Mean, values), weight, cell.Doubt);
                continue;
            }
            double share = (double)arrived.Count / weight, mean = cell.Mean + ((cell.High * share) - (cell.Mean * share)) + (arrived.Rise / weight);
            cell = new Cell(cell.Low, cell.High, Math.Clamp(mean, cell.Low, cell.High), weight, cell.Doubt);
        }
    }
}
