using System.Globalization;
using System.Numerics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Core.Tests.Events;

public sealed class JsonNumberTests
{
    [Fact]
    public void A_number_is_its_digits_and_nothing_else()
    {
        Gen<string> digits = Gen.Choose(1, 30).SelectMany(n => Gen.Elements("0123456789".ToCharArray()).ArrayOf(n)).Select(d => new string(d));
        Gen<string> numbers =
            from negative in Gen.Elements("", "-")
            from whole in digits
            from fraction in Gen.OneOf(Gen.Constant(""), digits)
            from exponent in Gen.Choose(-40, 40)
            select negative + (whole.TrimStart('0') is { Length: > 0 } w ? w : "0") + (fraction == "" ? "" : "." + fraction) + (exponent % 2 == 0 ? "" : $"e{exponent}");
        Properties.ForAll(Arb.From(numbers), text =>
        {
            string mantissa = text.Split('e')[0];
            int exponent = text.Contains('e') ? int.Parse(text.Split('e')[1], CultureInfo.InvariantCulture) : 0;
            int fraction = mantissa.Contains('.') ? mantissa.Length - mantissa.IndexOf('.') - 1 : 0;
            BigInteger n = BigInteger.Abs(BigInteger.Parse(mantissa.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));
            int power = exponent - fraction + 3;
            BigInteger d = power < 0 ? BigInteger.Pow(10, -power) : 1;
            n *= power > 0 ? BigInteger.Pow(10, power) : 1;
            BigInteger whole = BigInteger.DivRem(n, d, out BigInteger rest);
            JsonNumber number = JsonNumber.Parse(Encoding.ASCII.GetBytes(text), decimals: 3);
            return whole >= 1_000_000_000_000_000_000
                ? number == new JsonNumber(text.StartsWith('-'), long.MaxValue, 0, !rest.IsZero)
                : number == new JsonNumber(text.StartsWith('-') && !n.IsZero, (long)whole, (int)(rest * 10 / d), !rest.IsZero);
        });
    }
}
