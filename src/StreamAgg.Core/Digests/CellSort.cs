using System.Numerics;

namespace StreamAgg.Core.Digests;

/// <summary>Sorts cells by their means, dealt out on the bits first, as <see cref="ValueSort"/> does with values.</summary>
internal static class CellSort
{
    private const int Buckets = 4096;
    private const int BucketBits = 12;

    /// <summary>Equal means stay in the order they came in.</summary>
    public static Cell[] ByMean(ReadOnlySpan<Cell> cells)
    {
        long low = long.MaxValue, high = long.MinValue;
        foreach (ref readonly Cell cell in cells)
        {
            long key = OrderedBits.Of(cell.Mean);
            low = Math.Min(low, key);
            high = Math.Max(high, key);
        }
        int shift = Math.Max(0, 64 - BucketBits - BitOperations.LeadingZeroCount((ulong)(high - low)));
        Span<int> starts = stackalloc int[Buckets + 1];
        starts.Clear();
        foreach (ref readonly Cell cell in cells)
            starts[Bucket(cell, low, shift) + 1]++;
        for (int i = 1; i <= Buckets; i++)
            starts[i] += starts[i - 1];
        var sorted = new Cell[cells.Length];
        foreach (ref readonly Cell cell in cells)
            sorted[starts[Bucket(cell, low, shift)]++] = cell;
        // Each start has moved to its bucket's end.
        for (int i = 0, from = 0; i < Buckets; from = starts[i], i++)
            if (starts[i] - from > 1)
                SortBucket(sorted.AsSpan(from, starts[i] - from));
        return sorted;
    }

    private static int Bucket(in Cell cell, long low, int shift) => (int)((ulong)(OrderedBits.Of(cell.Mean) - low) >> shift);

    private static void SortBucket(Span<Cell> cells)
    {
        const int few = 24;
        if (cells.Length > few)
        {
            MergeSort(cells);
            return;
        }
        for (int i = 1; i < cells.Length; i++)
        {
            Cell cell = cells[i];
            int at = i - 1;
            for (; at >= 0 && cells[at].Mean > cell.Mean; at--)
                cells[at + 1] = cells[at];
            cells[at + 1] = cell;
        }
    }

    /// <summary>Stable, which the library's own sort of a span is not.</summary>
    private static void MergeSort(Span<Cell> cells)
    {
        int half = cells.Length / 2;
        SortBucket(cells[..half]);
        SortBucket(cells[half..]);
        Cell[] left = cells[..half].ToArray();
        for (int at = 0, i = 0, j = half; i < left.Length; at++)
            cells[at] = j < cells.Length && cells[j].Mean < left[i].Mean ? cells[j++] : left[i++];
    }
}
