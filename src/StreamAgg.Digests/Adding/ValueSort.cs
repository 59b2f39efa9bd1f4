using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Adding;

/// <summary>Sorts doubles by dealing them out on their bits, which for spread-out values leaves next to nothing to compare.</summary>
/// <remarks>Several times as fast as comparing from a few hundred values on; values that crowd are dealt out again among themselves.</remarks>
internal sealed class ValueSort
{
    private const int Buckets = 2048;

    /// <summary>Where dealing out costs more than comparing.</summary>
    private const int Few = 48;

    private readonly int[] starts = new int[Buckets + 1];
    private double[] dealt = [];

    public void Sort(Span<double> values)
    {
        if (values.Length <= Few)
        {
            values.Sort();
            return;
        }
        if (dealt.Length < values.Length)
            dealt = new double[values.Length * 2];
        if (!IsOrdered(values))
            Deal(values);
    }

    /// <summary>Whether the values ascend; where they descend, they do once it returns.</summary>
    private static bool IsOrdered(Span<double> values)
    {
        int at = 1;
        while (at < values.Length && values[at - 1] <= values[at])
            at++;
        if (at == values.Length)
            return true;
        at = 1;
        while (at < values.Length && values[at - 1] >= values[at])
            at++;
        if (at < values.Length)
            return false;
        values.Reverse();
        return true;
    }

    private void Deal(Span<double> values)
    {
        long low = long.MaxValue, high = long.MinValue;
        foreach (double value in values)
        {
            long key = OrderedBits.Of(value);
            low = Math.Min(low, key);
            high = Math.Max(high, key);
        }
        ulong range = (ulong)(high - low);
        int shift = Math.Max(0, 64 - 11 - System.Numerics.BitOperations.LeadingZeroCount(range));
        Array.Clear(starts);
        foreach (double value in values)
            starts[Bucket(value, low, shift) + 1]++;
        int fullest = 0;
        for (int i = 1; i <= Buckets; i++)
        {
            fullest = Math.Max(fullest, starts[i]);
            starts[i] += starts[i - 1];
        }
        foreach (double value in values)
            dealt[starts[Bucket(value, low, shift)]++] = value;
        dealt.AsSpan(0, values.Length).CopyTo(values);
        if (shift == 0)
            return;
        if (fullest > Few)
            DealAgain(values, low, shift);
        InsertionSort(values);
    }

    private static int Bucket(double value, long low, int shift) => (int)((ulong)(OrderedBits.Of(value) - low) >> shift);

    private void DealAgain(Span<double> values, long low, int shift)
    {
        for (int from = 0, to; from < values.Length; from = to)
        {
            int bucket = Bucket(values[from], low, shift);
            for (to = from + 1; to < values.Length && Bucket(values[to], low, shift) == bucket;)
                to++;
            if (to - from > Few && !IsOrdered(values[from..to]))
                Deal(values[from..to]);
        }
    }

    private static void InsertionSort(Span<double> values)
    {
        for (int i = 1; i < values.Length; i++)
        {
            double value = values[i];
            int at = i - 1;
            for (; at >= 0 && values[at] > value; at--)
                values[at + 1] = values[at];
            values[at + 1] = value;
        }
    }
}
