using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Storing;

/// <summary>The doubts of all boundaries as one number, as bytes and arrays have it: the greatest, in full cells at its boundary.</summary>
/// <remarks>How many values there are in all, at the end of the last cell, is never in doubt.</remarks>
internal static class BoundaryDoubt
{
    public static double Of(ReadOnlySpan<Cell> cells, int compression)
    {
        SizeLimit limit = Limit(cells, compression);
        double most = 0;
        long rank = 0;
        for (int i = 0; i + 1 < cells.Length; i++)
        {
            rank += cells[i].Weight;
            most = Math.Max(most, cells[i].Doubt / limit.Full(rank));
        }
        return most;
    }

    /// <summary>Adds so many full cells at each boundary to its doubt; no number of values can be off by more than all of them.</summary>
    public static void Add(Span<Cell> cells, int compression, double fullCells)
    {
        SizeLimit limit = Limit(cells, compression);
        double count = limit.Count;
        long rank = 0;
        for (int i = 0; i + 1 < cells.Length; i++)
        {
            rank += cells[i].Weight;
            cells[i] = cells[i].With(Math.Min(count, cells[i].Doubt + (fullCells * limit.Full(rank))));
        }
    }

    private static SizeLimit Limit(ReadOnlySpan<Cell> cells, int compression)
    {
        long count = 0;
        foreach (ref readonly Cell cell in cells)
            count += cell.Weight;
        return new SizeLimit(compression, count);
    }
}
