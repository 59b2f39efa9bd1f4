namespace StreamAgg.Core.Shapes;

/// <summary>A JSON number times a power of ten, read exactly from its digits: no double comes between, so nothing is rounded twice.</summary>
/// <param name="IsNegative">False for every zero: -0 is 0.</param>
/// <param name="Whole">The integer part of the magnitude; <see cref="long.MaxValue"/> where it has over 18 digits.</param>
/// <param name="NextDigit">The first digit after the integer part, 0 to 9.</param>
/// <param name="HasRest">True where anything but zeros follows the integer part.</param>
internal readonly record struct JsonNumber(bool IsNegative, long Whole, int NextDigit, bool HasRest)
{
    /// <summary>Digits that a long always holds.</summary>
    private const int MaxDigits = 18;

    /// <summary>The integral value, saturated.</summary>
    public long Signed => !IsNegative ? Whole : Whole == long.MaxValue ? long.MinValue : -Whole;

    private const int MostPlainDecimals = 9;

    private static readonly long[] Powers = [.. Enumerable.Range(0, MaxDigits + 1).Select(power => (long)Math.Pow(10, power))];

    /// <param name="text">A number that is well-formed JSON, of any length.</param>
    /// <param name="decimals">The power of ten that the value is multiplied with; below 0 it is divided.</param>
    public static JsonNumber Parse(ReadOnlySpan<byte> text, int decimals)
    {
        // What nearly every number is: a few digits, perhaps with a point among them. In one pass, and exact as the rest is.
        if (text.Length <= MaxDigits && decimals is >= 0 and <= MostPlainDecimals && TryPlain(text, decimals, out JsonNumber plain))
            return plain;
        bool negative = text[0] == '-';
        if (negative)
            text = text[1..];
        int e = text.IndexOfAny((byte)'e', (byte)'E');
        ReadOnlySpan<byte> mantissa = e < 0 ? text : text[..e];
        int point = mantissa.IndexOf((byte)'.');
        // The value is 0.d1d2d3... * 10^magnitude over the digits from the first that is not 0.
        int first = mantissa.IndexOfAnyExcept((byte)'0', (byte)'.');
        if (first < 0)
            return default;
        long magnitude = point < 0 ? mantissa.Length - first : point > first ? point - first : point - first + 1;
        if (e >= 0)
            magnitude += Exponent(text[(e + 1)..]);
        return Take(negative, mantissa[first..], magnitude + decimals);
    }

    private static bool TryPlain(ReadOnlySpan<byte> text, int decimals, out JsonNumber plain)
    {
        long digits = 0;
        int point = text.Length;
        plain = default;
        for (int i = 0; i < text.Length; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit <= 9)
                digits = (digits * 10) + digit;
            else if (text[i] == '.')
                point = i;
            else
                return false;
        }
        int fraction = Math.Max(0, text.Length - point - 1);
        if (point + decimals > MaxDigits)
            return false;
        if (fraction <= decimals)
        {
            plain = new JsonNumber(false, digits * Powers[decimals - fraction], 0, HasRest: false);
            return true;
        }
        (long whole, long rest) = Math.DivRem(digits, Powers[fraction - decimals]);
        plain = new JsonNumber(false, whole, (int)(rest / Powers[fraction - decimals - 1]), rest != 0);
        return true;
    }

    /// <summary>True where the text is one JSON number and nothing else: what a string must hold to be read as one.</summary>
    public static bool IsNumber(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith((byte)'-'))
            text = text[1..];
        int whole = Digits(text);
        if (whole == 0 || (whole > 1 && text[0] == '0'))
            return false;
        text = text[whole..];
        if (text.StartsWith((byte)'.'))
        {
            int fraction = Digits(text[1..]);
            if (fraction == 0)
                return false;
            text = text[(1 + fraction)..];
        }
        if (text.Length == 0)
            return true;
        if ((text[0] | 0x20) != 'e')
            return false;
        text = text[1..];
        if (text.Length > 0 && text[0] is ((byte)'+' or (byte)'-'))
            text = text[1..];
        return text.Length > 0 && Digits(text) == text.Length;
    }

    private static int Digits(ReadOnlySpan<byte> text) =>
        text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') is var end && end < 0 ? text.Length : end;

    private static JsonNumber Take(bool negative, ReadOnlySpan<byte> mantissa, long wholeDigits)
    {
        if (wholeDigits > MaxDigits)
            return new JsonNumber(negative, long.MaxValue, 0, HasRestAfter(mantissa, wholeDigits));
        if (wholeDigits < 0)
            return new JsonNumber(negative, 0, 0, HasRest: true);
        long whole = 0;
        int next = 0, at = 0, taken = 0;
        for (; at < mantissa.Length && taken <= wholeDigits; at++)
        {
            int digit = mantissa[at] - '0';
            if (digit < 0) // the decimal point
                continue;
            if (taken++ < wholeDigits)
                whole = (whole * 10) + digit;
            else
                next = digit;
        }
        for (; taken < wholeDigits; taken++)
            whole *= 10;
        bool rest = next != 0 || (at < mantissa.Length && mantissa[at..].ContainsAnyExcept((byte)'0', (byte)'.'));
        return new JsonNumber(negative, whole, next, rest);
    }

    private static bool HasRestAfter(ReadOnlySpan<byte> mantissa, long wholeDigits)
    {
        // A point that stands among these is no digit: it moves what is passed over by one.
        int point = mantissa.IndexOf((byte)'.');
        long start = point >= 0 && point < wholeDigits ? wholeDigits + 1 : wholeDigits;
        return start < mantissa.Length && mantissa[(int)start..].ContainsAnyExcept((byte)'0', (byte)'.');
    }

    /// <summary>Saturates far beyond what the longest mantissa could make up for.</summary>
    private static long Exponent(ReadOnlySpan<byte> text)
    {
        const long limit = 1L << 40;
        bool negative = text[0] == '-';
        if (negative || text[0] == '+')
            text = text[1..];
        long exponent = 0;
        foreach (byte digit in text)
            exponent = Math.Min((exponent * 10) + (digit - '0'), limit);
        return negative ? -exponent : exponent;
    }
}
