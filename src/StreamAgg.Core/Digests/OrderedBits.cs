namespace StreamAgg.Core.Digests;

/// <summary>Integers that sort as the doubles do: neighbours are one apart.</summary>
internal static class OrderedBits
{
    public static long Of(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return bits ^ ((bits >> 63) & long.MaxValue);
    }

    public static double ToDouble(long ordered) => BitConverter.Int64BitsToDouble(ordered ^ ((ordered >> 63) & long.MaxValue));
}
