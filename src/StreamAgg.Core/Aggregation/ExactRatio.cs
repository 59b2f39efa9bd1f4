using System.Numerics;

namespace StreamAgg.Core.Aggregation;

/// <summary>The double nearest to a quotient of two integers: one rounding, ties to even, as IEEE 754 divides.</summary>
internal static class ExactRatio
{
    /// <param name="denominator">Not 0.</param>
    /// <exception cref="DivideByZeroException">The denominator is 0.</exception>
    public static double ToDouble(UInt128 numerator, UInt128 denominator)
    {
        if (denominator == 0)
            throw new DivideByZeroException();
        if (numerator == 0)
            return 0;
        // Two integers that doubles hold exactly: the hardware's division is already the correctly rounded one.
        const ulong exact = 1UL << 53;
        if (numerator <= exact && denominator <= exact)
            return (double)numerator / (double)denominator;

        // Scale so that the quotient has 55 or 56 bits: 53 to keep, the rest and the remainder (sticky) decide the rounding.
        int shift = 55 - (BitLength(numerator) - BitLength(denominator));
        BigInteger n = numerator, d = denominator;
        if (shift > 0) n <<= shift; else d <<= -shift;
        BigInteger quotient = BigInteger.DivRem(n, d, out BigInteger remainder);
        ulong bits = (ulong)quotient;
        if (!remainder.IsZero)
            bits |= 1;
        int extra = 64 - BitOperations.LeadingZeroCount(bits) - 53;
        ulong half = 1UL << (extra - 1), rest = bits & ((1UL << extra) - 1), kept = bits >> extra;
        if (rest > half || (rest == half && (kept & 1) == 1))
            kept++;
        return Math.ScaleB(kept, extra - shift);
    }

    private static int BitLength(UInt128 value) => 128 - (int)UInt128.LeadingZeroCount(value);
}
