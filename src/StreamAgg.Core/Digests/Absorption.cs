namespace StreamAgg.Core.Digests;

/// <summary>Brings a buffer of values into a digest's cells, in working memory that all digests of a thread share.</summary>
/// <remarks>
/// A value inside a cell's ends makes that cell heavier: no boundary moves, so every rank that was exact stays exact, and no order is
/// needed. A value between two cells becomes a cell of its own. Where the values crowd into a cell that would grow far past its size (the
/// distribution has moved), the cell is split along them by its curve, which is the one step that guesses.
/// </remarks>
internal sealed class Absorption
{
    /// <summary>How much heavier than its limit a cell may grow before it is split; less would split on the noise of a steady stream.</summary>
    private const double Crowded = 2.5;

    [ThreadStatic]
    private static Absorption? shared;

    private readonly CellIndex index = new();
    private readonly ValueSort sort = new();
    private double[] deviations = [];
    private int[] arrivals = [];
    private bool[] crowded = [];
    private double[] outside = [];
    private int outsideCount;
    private Cell[] atoms = [];
    private int atomCount;
    private Cell[] result = [];
    private int resultCount;

    /// <summary>This thread's; what it returns is valid until its next use.</summary>
    public static Absorption Shared => shared ??= new Absorption();

    /// <summary>By how many full cells the last use may have put a boundary at the wrong rank.</summary>
    public double Doubt { get; private set; }

    /// <param name="cells">Ascending and disjoint.</param>
    /// <param name="values">Finite, in any order.</param>
    /// <param name="weighted">Pure cells in any order.</param>
    /// <param name="size">The limit of a cell's weight once all this has arrived.</param>
    /// <returns>All of it as ascending, disjoint cells in working memory.</returns>
    public Span<Cell> Absorb(ReadOnlySpan<Cell> cells, ReadOnlySpan<double> values, ReadOnlySpan<Cell> weighted, SizeLimit size)
    {
        Reserve(cells.Length, values.Length, weighted.Length);
        Count(cells, values);
        if (FindCrowded(cells, size))
            Evict(cells, values);
        CollectAtoms(weighted);
        Interleave(cells, values, size);
        return result.AsSpan(0, resultCount);
    }

    private void Reserve(int cells, int values, int weighted)
    {
        Grow(ref deviations, cells);
        Grow(ref arrivals, cells);
        Grow(ref crowded, cells);
        Grow(ref outside, values);
        Grow(ref atoms, values + weighted);
        // An atom inside a cell leaves a piece of it before and after itself.
        Grow(ref result, (2 * (values + weighted)) + cells + 1);
        Doubt = 0;
        outsideCount = atomCount = resultCount = 0;
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
            array = new T[length + (length / 2)];
    }

    /// <summary>Counts each value into the cell that holds it; keeps those that lie between cells.</summary>
    private void Count(ReadOnlySpan<Cell> cells, ReadOnlySpan<double> values)
    {
        arrivals.AsSpan(0, cells.Length).Clear();
        deviations.AsSpan(0, cells.Length).Clear();
        index.Build(cells);
        foreach (double value in values)
        {
            int at = index.Find(value);
            if (at < cells.Length && value >= cells[at].Low)
            {
                arrivals[at]++;
                deviations[at] += value - cells[at].Mean;
            }
            else
            {
                outside[outsideCount++] = value;
            }
        }
    }

    /// <summary>Marks the cells that their arrivals would make too heavy.</summary>
    private bool FindCrowded(ReadOnlySpan<Cell> cells, SizeLimit size)
    {
        bool any = false;
        double before = 0;
        for (int i = 0; i < cells.Length; i++)
        {
            long weight = cells[i].Weight + arrivals[i];
            crowded[i] = arrivals[i] > 0 && !cells[i].IsPure
                && (!size.Allows(before, weight, 1 / Crowded) || !double.IsFinite(deviations[i]));
            any |= crowded[i];
            before += weight;
        }
        return any;
    }

    /// <summary>Takes the arrivals of crowded cells out again, as values on their own.</summary>
    private void Evict(ReadOnlySpan<Cell> cells, ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            int at = index.Find(value);
            if (at < cells.Length && value >= cells[at].Low && crowded[at])
            {
                arrivals[at] = 0;
                outside[outsideCount++] = value;
            }
        }
    }

    /// <summary>Orders what came from outside and makes one pure cell of equal values.</summary>
    private void CollectAtoms(ReadOnlySpan<Cell> weighted)
    {
        Span<double> values = outside.AsSpan(0, outsideCount);
        sort.Sort(values);
        for (int first = 0, next; first < values.Length; first = next)
        {
            double value = values[first];
            for (next = first + 1; next < values.Length && values[next] == value;)
                next++;
            atoms[atomCount++] = Cell.Pure(value == 0 && AnyPositiveZero(values[first..next]) ? 0.0 : value, next - first);
        }
        if (weighted.IsEmpty)
            return;
        weighted.CopyTo(atoms.AsSpan(atomCount));
        Span<Cell> sorted = CellSort.ByMean(atoms.AsSpan(0, atomCount + weighted.Length));
        atomCount = 0;
        foreach (ref readonly Cell atom in sorted)
        {
            if (atomCount > 0 && atoms[atomCount - 1].Mean == atom.Mean)
                atoms[atomCount - 1] = atoms[atomCount - 1].Join(atom);
            else
                atoms[atomCount++] = atom;
        }
    }

    private void Interleave(ReadOnlySpan<Cell> cells, ReadOnlySpan<double> values, SizeLimit size)
    {
        int next = 0;
        double before = 0;
        for (int i = 0; i < cells.Length; i++)
        {
            for (; next < atomCount && atoms[next].Mean < cells[i].Low; next++)
            {
                before += atoms[next].Weight;
                result[resultCount++] = atoms[next];
            }
            int first = next;
            double inside = 0;
            for (; next < atomCount && atoms[next].Mean <= cells[i].High; next++)
                inside += atoms[next].Weight;
            Cell cell = arrivals[i] == 0 ? cells[i] : Grown(cells[i], i, values);
            double weight = cell.Weight + inside;
            if (first == next)
                result[resultCount++] = cell;
            else if (cell.IsPure)
                result[resultCount++] = cell.Join(atoms[first]);
            else
                Split(cell, atoms.AsSpan(first, next - first), size.At(before + (weight / 2)));
            before += weight;
        }
        while (next < atomCount)
            result[resultCount++] = atoms[next++];
    }

    private Cell Grown(in Cell cell, int at, ReadOnlySpan<double> values)
    {
        long weight = cell.Weight + arrivals[at];
        if (!cell.IsPure)
        {
            double mean = cell.Mean + (deviations[at] / weight);
            return new Cell(cell.Low, cell.High, Math.Clamp(mean, cell.Low, cell.High), weight);
        }
        double value = cell.Mean;
        return Cell.Pure(value == 0 && AnyPositiveZero(values) ? 0.0 : value, weight);
    }

    private static bool AnyPositiveZero(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
            if (BitConverter.DoubleToInt64Bits(value) == 0)
                return true;
        return false;
    }

    /// <summary>Cuts a cell where the values between its ends lie, and gives each group of values its part of the cell.</summary>
    private void Split(in Cell cell, ReadOnlySpan<Cell> within, double full)
    {
        Doubt = Math.Max(Doubt, cell.Weight / Math.Max(1, full));
        var curve = new CellCurve(cell);
        long rank = 0;
        for (int first = 0, next; first < within.Length; first = next)
        {
            long start = Math.Max(rank, curve.CountAtMost(Math.BitDecrement(within[first].Mean)));
            if (start > rank)
                result[resultCount++] = curve.Piece(rank, start);
            Cell group = within[first];
            for (next = first + 1; next < within.Length && group.Weight + within[next].Weight <= full / 2; next++)
                group = group.Join(within[next]);
            rank = Math.Max(start, curve.CountAtMost(group.High));
            result[resultCount++] = rank > start ? group.Join(curve.Piece(start, rank)) : group;
        }
        if (rank < cell.Weight)
            result[resultCount++] = curve.Piece(rank, cell.Weight);
    }
}
