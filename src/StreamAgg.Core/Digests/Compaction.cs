using System.Numerics;

namespace StreamAgg.Core.Digests;

/// <summary>Fewer cells for the same values: neighbours are joined where the size limit allows. What is known of the rest stays exact.</summary>
internal static class Compaction
{
    /// <summary>The smallest step in which the number of full-size cells is searched for.</summary>
    private const double Precision = 0.01;

    /// <summary>A mean that is off by 2^-18 of its cell moves no quantile by more than that part of the cell's weight.</summary>
    private const int MeanBits = 18;

    /// <summary>Joins in place until at most <paramref name="target"/> cells are left; returns how many.</summary>
    public static int Shrink(Span<Cell> cells, long count, int target)
    {
        int length = cells.Length;
        // Greedy joining leaves at most twice as many cells as fit at full size, usually 1.2 times.
        for (double full = target * 0.75; length > target; full *= 0.8)
            length = Join(cells[..length], count, full);
        return length;
    }

    /// <summary>As <see cref="Shrink"/>, but with cells as small as the target allows: tries sizes before it joins.</summary>
    public static int Fit(Span<Cell> cells, long count, int target)
    {
        if (cells.Length <= target)
            return cells.Length;
        double tooMany = target * 2.1, fits = target * 0.4;
        while (CountJoined(cells, count, fits) > target)
            fits /= 2;
        while (tooMany - fits > target * Precision)
        {
            double middle = (fits + tooMany) / 2;
            if (CountJoined(cells, count, middle) <= target) fits = middle;
            else tooMany = middle;
        }
        return Join(cells, count, fits);
    }

    /// <summary>Drops what of a mean says nothing: past this many binary digits of the cell's own width. Bytes are saved, not exactness.</summary>
    public static void RoundMeans(Span<Cell> cells)
    {
        foreach (ref Cell cell in cells)
        {
            ulong width = (ulong)(OrderedBits.Of(cell.High) - OrderedBits.Of(cell.Low)) >> MeanBits;
            if (cell.IsPure || width == 0)
                continue;
            long step = 1L << BitOperations.Log2(width), key = OrderedBits.Of(cell.Mean);
            double mean = OrderedBits.ToDouble((key + (step / 2)) & -step);
            cell = new Cell(cell.Low, cell.High, Math.Clamp(mean, cell.Low, cell.High), cell.Weight);
        }
    }

    private static int Join(Span<Cell> cells, long count, double full)
    {
        var limit = new SizeLimit(full, count);
        // The two ends stay alone: they are the minimum and the maximum.
        int last = 0, end = cells.Length - 1;
        long before = 0;
        for (int i = 1; i <= end; i++)
        {
            if (last > 0 && i < end && Fits(cells[last].Weight + cells[i].Weight, before, limit))
            {
                cells[last] = cells[last].Join(cells[i]);
                continue;
            }
            before += cells[last].Weight;
            cells[++last] = cells[i];
        }
        return last + 1;
    }

    private static int CountJoined(ReadOnlySpan<Cell> cells, long count, double full)
    {
        var limit = new SizeLimit(full, count);
        int joined = 0, end = cells.Length - 1;
        long before = 0, weight = cells[0].Weight;
        for (int i = 1; i <= end; i++)
        {
            if (joined > 0 && i < end && Fits(weight + cells[i].Weight, before, limit))
            {
                weight += cells[i].Weight;
                continue;
            }
            before += weight;
            weight = cells[i].Weight;
            joined++;
        }
        return joined + 1;
    }

    private static bool Fits(long weight, long before, SizeLimit limit) => weight <= limit.At(before + (weight / 2.0));
}
