namespace StreamAgg.Core.Digests;

/// <summary>Fewer cells for the same values: neighbours are joined where the size limit allows. The boundaries that stay are as exact as before.</summary>
internal static class Compaction
{
    /// <summary>The smallest step in which the number of full-size cells is searched for, as a part of the target.</summary>
    private const double Precision = 0.01;

    private const double Filling = 2 / 3.0;

    /// <summary>Joins in place until at most <paramref name="target"/> cells are left; returns how many.</summary>
    public static int Shrink(Span<Cell> cells, long count, int target)
    {
        int length = cells.Length;
        // Joining from the left leaves at most twice as many cells as fit at full size, usually 1.3 times: once through is enough.
        for (double full = target * Filling; length > target; full *= Filling)
            length = Join(cells[..length], [], count, full);
        return length;
    }

    /// <summary>Joined cells, at most <paramref name="target"/>, as small as that allows: sizes are tried before one is taken.</summary>
    /// <param name="cells">Ascending and disjoint.</param>
    /// <param name="barred">Which of them are not to be joined with the one before.</param>
    /// <param name="count">The sum of their weights.</param>
    /// <param name="target">More than twice as many as there are bars.</param>
    public static Cell[] Fit(ReadOnlySpan<Cell> cells, ReadOnlySpan<bool> barred, long count, int target)
    {
        double fits = target * 0.4, tooMany = target * 2.1;
        while (CountJoined(cells, barred, count, fits) > target)
            fits /= 2;
        while (tooMany - fits > target * Precision)
        {
            double middle = (fits + tooMany) / 2;
            if (CountJoined(cells, barred, count, middle) <= target) fits = middle;
            else tooMany = middle;
        }
        Span<Cell> joined = cells.ToArray();
        return joined[..Join(joined, barred, count, fits)].ToArray();
    }

    private static int Join(Span<Cell> cells, ReadOnlySpan<bool> barred, long count, double full)
    {
        var limit = new SizeLimit(full, count);
        int joined = 0;
        long before = 0;
        for (int first = 0, next; first < cells.Length; first = next)
        {
            long weight = cells[first].Weight;
            for (next = first + 1; next < cells.Length; next++)
            {
                if (!MayJoin(barred, next, cells.Length) || !limit.Allows(before, weight + cells[next].Weight))
                    break;
                weight += cells[next].Weight;
            }
            // What is written lies at or before what has been read.
            cells[joined++] = next == first + 1 ? cells[first] : Joined(cells[first..next], weight);
            before += weight;
        }
        return joined;
    }

    /// <summary>One cell of several: one division for all of them, where their distance from the first can be summed.</summary>
    private static Cell Joined(ReadOnlySpan<Cell> cells, long weight)
    {
        double start = cells[0].Mean, low = cells[0].Low, high = cells[^1].High, sum = 0;
        foreach (ref readonly Cell cell in cells[1..])
            sum += (cell.Mean - start) * cell.Weight;
        if (double.IsFinite(sum) && low != high)
            return new Cell(low, high, Math.Clamp(start + (sum / weight), low, high), weight);
        Cell all = cells[0];
        foreach (ref readonly Cell cell in cells[1..])
            all = all.Join(cell);
        return all;
    }

    private static int CountJoined(ReadOnlySpan<Cell> cells, ReadOnlySpan<bool> barred, long count, double full)
    {
        var limit = new SizeLimit(full, count);
        int joined = 1;
        long before = 0, weight = cells[0].Weight;
        for (int i = 1; i < cells.Length; i++)
        {
            if (MayJoin(barred, i, cells.Length) && limit.Allows(before, weight + cells[i].Weight))
            {
                weight += cells[i].Weight;
                continue;
            }
            before += weight;
            weight = cells[i].Weight;
            joined++;
        }
        return joined;
    }

    /// <summary>The first and the last cell stay alone: they are the minimum and the maximum.</summary>
    private static bool MayJoin(ReadOnlySpan<bool> barred, int at, int length) =>
        at > 1 && at < length - 1 && (barred.IsEmpty || !barred[at]);
}
