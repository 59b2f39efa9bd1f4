using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Adding;

/// <summary>Makes cells of values that have none, among the cells that there are.</summary>
/// <remarks>
/// Values between two cells become cells of their own. A cell with values between its ends is cut along them, the one step of adding that guesses.
/// </remarks>
internal sealed class Insertion
{
    /// <summary>A cell is cut into pieces of this part of a full one: they have room to grow before they are crowded themselves.</summary>
    private const double Piece = 0.5;

    /// <summary>A gap this wide, as a part of the values on both sides of it, is no chance of a few values: they are two groups.</summary>
    private const double Gap = 0.5;

    private readonly ValueSort sort = new();
    private readonly CellBuilder builder = new();
    private double[] cuts = [];
    private double min;
    private double max;
    private Cell[] result = [];
    private int resultCount;

    /// <summary>Cells and values as ascending, disjoint cells, in memory that is used again.</summary>
    /// <param name="cells">Ascending and disjoint.</param>
    /// <param name="values">At least one; they are sorted in place.</param>
    /// <param name="belowCount">How many of them, at the front, lie below all the others; any number.</param>
    /// <param name="gathers">Whether values between cells share one, or each has its own.</param>
    public Span<Cell> Insert(ReadOnlySpan<Cell> cells, Span<double> values, int belowCount, SizeLimit size, bool gathers)
    {
        sort.Sort(values[..belowCount]);
        sort.Sort(values[belowCount..]);
        Reserve(cells.Length, values.Length);
        int next = 0;
        long before = 0;
        double doubt = 0;
        min = cells.IsEmpty ? values[0] : Math.Min(values[0], cells[0].Low);
        max = cells.IsEmpty ? values[^1] : Math.Max(values[^1], cells[^1].High);
        foreach (ref readonly Cell cell in cells)
        {
            int first = next;
            while (next < values.Length && values[next] < cell.Low)
                next++;
            Gather(values[first..next], before, doubt, size, gathers);
            before += next - first;
            first = next;
            while (next < values.Length && values[next] <= cell.High)
                next++;
            if (next > first)
                Cut(cell, doubt, values[first..next], size.At(before + (cell.Weight / 2.0)));
            else
                result[resultCount++] = cell;
            before += cell.Weight + next - first;
            doubt = cell.Doubt;
        }
        Gather(values[next..], before, doubt, size, gathers);
        return result.AsSpan(0, resultCount);
    }

    private void Reserve(int cells, int values)
    {
        // A cell that is cut has a piece for each value at most, and one more.
        if (result.Length < cells + (2 * values))
            result = new Cell[2 * (cells + (2 * values))];
        if (cuts.Length <= values)
            cuts = new double[(2 * values) + 1];
        resultCount = 0;
    }

    /// <summary>Makes cells of sorted values: one of each value, or where there are too many, as large as the limit allows.</summary>
    private void Gather(ReadOnlySpan<double> values, double before, double doubt, SizeLimit size, bool gathers)
    {
        for (int first = 0, next; first < values.Length; first = next)
        {
            // The minimum and the maximum stay alone.
            bool alone = !gathers || values[first] == min || values[first] == max;
            next = first + (alone ? 1 : Math.Clamp((int)size.From(before + first), 1, values.Length - first));
            while (values[next - 1] == max && values[first] < max)
                next--;
            // Equal values stay together.
            while (next < values.Length && values[next] == values[next - 1])
                next++;
            if (next - first > 2)
                next = first + GroupLength(values[first..next]);
            result[resultCount++] = Gathered(values[first..next], doubt);
        }
    }

    /// <summary>How many of some sorted values belong together: all, or those before a gap.</summary>
    private static int GroupLength(ReadOnlySpan<double> values)
    {
        double widest = 0;
        int gap = values.Length;
        for (int i = 1; i < values.Length; i++)
            if (values[i] - values[i - 1] > widest)
                (widest, gap) = (values[i] - values[i - 1], i);
        return widest > Gap * (values[^1] - values[0]) ? gap : values.Length;
    }

    private static Cell Gathered(ReadOnlySpan<double> values, double doubt)
    {
        double low = values[0], high = values[^1], sum = 0;
        if (low == high)
            return Cell.Pure(Cell.Common(low, values), values.Length, doubt);
        double share = 1.0 / values.Length;
        foreach (double value in values)
            sum += (value * share) - (low * share);
        return new Cell(low, high, Math.Clamp(low + sum, low, high), values.Length, doubt);
    }

    /// <summary>Cuts a cell into pieces of about half a full cell, at the values that have come in between its ends.</summary>
    private void Cut(in Cell cell, double doubt, ReadOnlySpan<double> values, double full)
    {
        double pieces = Math.Clamp(Math.Ceiling((cell.Weight + values.Length) / (Piece * full)), 1, values.Length + 1);
        int count = 0;
        for (int i = 1; i < pieces; i++)
        {
            double cut = values[(int)(i * (values.Length / pieces))];
            if (cut < cell.High && (count == 0 || cut > cuts[count - 1]))
                cuts[count++] = cut;
        }
        cuts[count++] = cell.High;
        builder.Begin(cuts.AsSpan(0, count), cell.Weight + values.Length);
        builder.Put([cell], doubt);
        builder.Put(values);
        resultCount += builder.ToCells(result.AsSpan(resultCount));
    }
}
