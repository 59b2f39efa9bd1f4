namespace StreamAgg.Digests.Cells;

/// <summary>Fewer cells for the same values: neighbours are joined. The boundaries that stay are as exact as before.</summary>
/// <remarks>
/// A joint has to keep to the size limit, and its curve has to pass the boundaries that it forgets nearly where they are: a gap between two peaks, or
/// the foot of one, is refused. Both are one scale: where too many cells would be left, all sizes grow a little and what is tolerated grows much.
/// </remarks>
internal static class Compaction
{
    /// <summary>By how much of a full cell the curve of a joint may miss a boundary.</summary>
    private const double Tolerated = 0.007;

    /// <summary>What is tolerated is a power of the growth: sizes a quarter larger tolerate six times as much, so few trials find a fit.</summary>
    private const int Leniency = 8;

    /// <summary>
    /// Cells of this part of the number of full ones that would fit: joining from the left fills them to about three quarters on average,
    /// and those around p99 are more.
    /// </summary>
    private const double Usual = 0.64;

    private const double Filling = 2 / 3.0;

    /// <summary>Sizes that are tried before one is taken that leaves fewer than <see cref="Close"/> of the target.</summary>
    private const int Trials = 6;

    private const double Close = 0.97;

    /// <summary>Joins in place until at most <paramref name="target"/> cells are left; returns how many.</summary>
    public static int Shrink(Span<Cell> cells, long count, int target, double sizes)
    {
        int length = cells.Length;
        Span<double> below = stackalloc double[length];
        for (double full = sizes; length > target; full *= Filling)
        {
            below[..length].Fill(double.NaN);
            length = Join(cells[..length], cells, below, count, full, sizes);
        }
        return length;
    }

    /// <summary>Joined cells, at most <paramref name="target"/>, as small as that allows.</summary>
    /// <param name="cells">Ascending and disjoint.</param>
    /// <param name="count">The sum of their weights.</param>
    /// <param name="target">At least 2.</param>
    public static Cell[] Fit(ReadOnlySpan<Cell> cells, long count, int target)
    {
        if (cells.Length <= target)
            return cells.ToArray();
        Span<Cell> joined = new Cell[cells.Length];
        Span<double> below = stackalloc double[cells.Length];
        below.Fill(double.NaN);
        double fits = 0, fitsLength = 0, tooMany = double.PositiveInfinity, tooManyLength = 0, full = Usual * target;
        int length = Join(cells, joined, below, count, full, Usual * target);
        for (int trial = 1; (trial < Trials && (length > target || length < Close * target)) || (fits == 0 && length > target); trial++)
        {
            if (length <= target && full > fits)
                (fits, fitsLength) = (full, length);
            if (length > target && full < tooMany)
                (tooMany, tooManyLength) = (full, length);
            // The number of cells is nearly proportional to the size.
            full = fits == 0 ? full * Math.Max(Filling, (target - 0.5) / length)
                : tooMany > full * 2 ? full * (target - 0.5) / length
                : fits + ((tooMany - fits) * Math.Clamp((target - 0.5 - fitsLength) / (tooManyLength - fitsLength), 0.2, 0.8));
            length = Join(cells, joined, below, count, full, Usual * target);
        }
        if (length > target)
            length = Join(cells, joined, below, count, fits, Usual * target);
        return joined[..length].ToArray();
    }

    /// <param name="joined">Takes the joints; may be the same.</param>
    /// <param name="below">How many values of each cell lie below its mean, where it is not NaN: worked out when it is first asked for.</param>
    /// <param name="full">How many cells of full size there would be.</param>
    /// <param name="usual">How many there ordinarily are: with fewer, more is tolerated.</param>
    private static int Join(
        ReadOnlySpan<Cell> cells, Span<Cell> joined, Span<double> below, long count, double full, double usual)
    {
        var limit = new SizeLimit(full, count);
        double growth = usual / full, tolerated = Tolerated * Math.Pow(growth, Leniency);
        int length = 0;
        long before = 0;
        for (int first = 0, next; first < cells.Length; first = next)
        {
            long weight = cells[first].Weight;
            for (next = first + 1; next < cells.Length && MayJoin(next, cells.Length); next++)
            {
                if (!limit.Allows(before, weight + cells[next].Weight))
                    break;
                weight += cells[next].Weight;
            }
            Cell joint = Joined(cells[first..next], weight);
            while (next > first + 1
                && !IsFaithful(joint, cells[first..next], below[first..next], 1 + (tolerated * limit.At(before + (weight / 2.0)))))
            {
                weight -= cells[--next].Weight;
                joint = Joined(cells[first..next], weight);
            }
            // What is written lies at or before what has been read.
            joined[length++] = joint;
            before += weight;
        }
        return length;
    }

    /// <summary>Whether a joint's curve passes the boundaries between its parts, and their means, within so many ranks of where they are.</summary>
    private static bool IsFaithful(in Cell joint, ReadOnlySpan<Cell> parts, Span<double> below, double ranks)
    {
        if (joint.IsPure || joint.Weight <= ranks)
            return true;
        var curve = new CellCurve(joint);
        long rank = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            ref readonly Cell part = ref parts[i];
            if (i > 0 && Math.Abs(curve.About(part.Low) - 1 - rank) > ranks)
                return false;
            if (double.IsNaN(below[i]))
                below[i] = part.IsPure ? part.Weight : new CellCurve(part).About(part.Mean);
            if (!part.IsPure && Math.Abs(curve.About(part.Mean) - rank - below[i]) > ranks)
                return false;
            rank += part.Weight;
            if (i + 1 < parts.Length && Math.Abs(curve.About(part.High) - rank) > ranks)
                return false;
        }
        return true;
    }

    /// <summary>One cell of several: one division for all of them, where their distance from the first can be summed.</summary>
    private static Cell Joined(ReadOnlySpan<Cell> cells, long weight)
    {
        if (cells.Length == 1)
            return cells[0];
        double start = cells[0].Mean, low = cells[0].Low, high = cells[^1].High, sum = 0;
        foreach (ref readonly Cell cell in cells[1..])
            sum += (cell.Mean - start) * cell.Weight;
        if (double.IsFinite(sum) && low != high)
            return new Cell(low, high, Math.Clamp(start + (sum / weight), low, high), weight, cells[^1].Doubt);
        Cell all = cells[0];
        foreach (ref readonly Cell cell in cells[1..])
            all = all.Join(cell);
        return all;
    }

    /// <summary>The first and the last cell stay alone: they are the minimum and the maximum.</summary>
    private static bool MayJoin(int at, int length) => at > 1 && at < length - 1;
}
