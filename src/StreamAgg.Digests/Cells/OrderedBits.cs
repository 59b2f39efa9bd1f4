using System.Numerics;
using System.Runtime.CompilerServices;

namespace StreamAgg.Digests.Cells;

/// <summary>Integers that sort as the doubles do: neighbours are one apart.</summary>
internal static class OrderedBits
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Of(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return bits ^ ((bits >> 63) & long.MaxValue);
    }

    public static double ToDouble(long ordered) => BitConverter.Int64BitsToDouble(ordered ^ ((ordered >> 63) & long.MaxValue));

    /// <summary>The one of the most trailing zero bits within two, both inclusive: it takes the fewest bytes.</summary>
    public static long Roundest(long from, long to)
    {
        if (from >= to)
            return to;
        int bits = 63 - BitOperations.LeadingZeroCount((ulong)((from - 1) ^ to));
        return to & (-1L << bits);
    }
}
