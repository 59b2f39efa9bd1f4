namespace StreamAgg.Core.Digests;

/// <summary>From working cells to those that are written: at most `compression` of them, joined where that forgets least.</summary>
internal static class FinalForm
{
    /// <summary>A joint that would be off by less than this part of a full cell is good enough: the trough between two peaks is above.</summary>
    private const double Tolerated = 0.015;

    /// <summary>One joint in this many centroids at most is refused; with more, the other cells would grow.</summary>
    private const int CentroidsABar = 4;

    /// <summary>In cells of a few values an error of a rank is no sign of anything.</summary>
    private const double SmallestFull = 8;

    public static Cell[] Of(ReadOnlySpan<Cell> working, long count, int compression) => working.Length <= compression
        ? working.ToArray()
        : Compaction.Fit(working, Bars(working, count, compression, Tolerated, compression / CentroidsABar), count, compression);

    /// <summary>Where two cells, joined, would forget a boundary that the curve of both does not pass: a gap, the foot of a peak.</summary>
    public static bool[] Bars(ReadOnlySpan<Cell> cells, long count, int compression, double tolerated, int most)
    {
        var found = new List<(double Part, long At)>();
        var limit = new SizeLimit(compression, count);
        long rank = 0;
        for (int i = 0; i + 1 < cells.Length; i++)
        {
            rank += cells[i].Weight;
            Cell joined = cells[i].Join(cells[i + 1]);
            if (joined.IsPure)
                continue;
            double part = Math.Abs(new CellCurve(joined).CountAtMost(cells[i].High) - cells[i].Weight) / Full(limit, rank);
            if (part > tolerated && joined.Weight <= 2 * limit.At(rank))
                found.Add((part, i + 1));
        }
        var barred = new bool[cells.Length];
        foreach (long at in Worst(found, most))
            barred[at] = true;
        return barred;
    }

    public static double Full(SizeLimit limit, long rank) => Math.Max(SmallestFull, limit.At(rank));

    public static long[] Worst(List<(double Part, long At)> found, int most)
    {
        found.Sort(static (a, b) => b.Part != a.Part ? b.Part.CompareTo(a.Part) : a.At.CompareTo(b.At));
        long[] worst = [.. found.Take(most).Select(static f => f.At)];
        Array.Sort(worst);
        return worst;
    }
}
