using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Core.Tests.Aggregation;

public sealed class ExactRatioTests
{
    /// <summary>Integers of every size up to 128 bits, with the edges of doubles among them.</summary>
    private static readonly Gen<UInt128> Integers =
        from high in ArbMap.Default.GeneratorFor<ulong>()
        from low in Gen.Choose(0, int.MaxValue)
        from bits in Gen.Choose(1, 128)
        from nudge in Gen.Choose(-2, 2)
        from round in Gen.Elements(true, false)
        let any = (new UInt128(high * 0x9E3779B97F4A7C15, ((ulong)low * 0xBF58476D1CE4E5B9) ^ high) >> (128 - bits)) | (UInt128.One << (bits - 1))
        let edge = unchecked((UInt128.One << (bits - 1)) + (UInt128)(Int128)nudge)
        select round ? edge : any;

    [Fact]
    public void The_double_is_the_nearest_one_to_the_quotient_ties_to_even() =>
        Properties.ForAll(Arb.From(from n in Integers from d in Integers where d != 0 select (n, d)), pair =>
        {
            var (n, d) = pair;
            double actual = ExactRatio.ToDouble(n, d);
            if (n == 0)
                return actual == 0;
            // |n/d - actual| against half the distance to either neighbour, in exact rationals.
            var (below, above) = (Math.BitDecrement(actual), Math.BitIncrement(actual));
            int low = Compare2(n, d, below, actual), high = Compare2(n, d, actual, above);
            bool isEven = (BitConverter.DoubleToInt64Bits(actual) & 1) == 0;
            return (low > 0 || (low == 0 && isEven)) && (high < 0 || (high == 0 && isEven));
        });

    /// <summary>The sign of n/d - (a+b)/2.</summary>
    private static int Compare2(UInt128 n, UInt128 d, double a, double b)
    {
        var (an, ad) = Exact(a);
        var (bn, bd) = Exact(b);
        BigInteger middle = (an * bd) + (bn * ad), over = 2 * ad * bd;
        return ((BigInteger)n * over).CompareTo(middle * (BigInteger)d);
    }

    private static (BigInteger, BigInteger) Exact(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) - 1075;
        BigInteger mantissa = (bits & ((1L << 52) - 1)) | (1L << 52);
        return exponent >= 0 ? (mantissa << exponent, 1) : (mantissa, BigInteger.One << -exponent);
    }

    [Theory]
    [InlineData(0, 7, 0)]
    [InlineData(1, 3, 1.0 / 3)]
    [InlineData(9_007_199_254_740_993, 1, 9_007_199_254_740_992.0)]
    [InlineData(9_007_199_254_740_995, 1, 9_007_199_254_740_996.0)]
    [InlineData(18_014_398_509_481_990, 2, 9_007_199_254_740_996.0)]
    public void Known_quotients_come_out(ulong n, ulong d, double expected) => Assert.Equal(expected, ExactRatio.ToDouble(n, d));

    [Fact]
    public void A_denominator_of_0_throws() => Assert.Throws<DivideByZeroException>(() => ExactRatio.ToDouble(1, 0));
}
