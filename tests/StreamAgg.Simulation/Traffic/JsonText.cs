using System.Buffers.Text;
using System.Text;

namespace StreamAgg.Simulation.Traffic;

/// <summary>A record's text, written as the bytes that it will be.</summary>
internal sealed class JsonText
{
    private byte[] bytes = new byte[1024];
    private int count;

    public void Clear() => count = 0;

    public byte[] ToArray() => bytes[..count];

    public JsonText Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        count += text.Length;
        return this;
    }

    public JsonText Append(string text)
    {
        count += Encoding.UTF8.GetBytes(text, Room(text.Length * 3));
        return this;
    }

    public JsonText Append(long number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out int written);
        count += written;
        return this;
    }

    /// <summary>Thousandths of the unit, with three digits behind the point.</summary>
    public JsonText AppendThousandths(long number)
    {
        return Append(number / 1000).Append("."u8).Digits((int)(number % 1000), 3);
    }

    /// <summary>RFC 3339 with milliseconds, without its zone.</summary>
    public JsonText Append(DateTime time)
    {
        // By hand: a format that is parsed again for each event would be a hundredth of a world's time.
        Digits(time.Year, 4).Append("-"u8).Digits(time.Month, 2).Append("-"u8).Digits(time.Day, 2).Append("T"u8);
        Digits(time.Hour, 2).Append(":"u8).Digits(time.Minute, 2).Append(":"u8).Digits(time.Second, 2);
        return Append("."u8).Digits(time.Millisecond, 3);
    }

    private JsonText Digits(int number, int digits)
    {
        Span<byte> room = Room(digits);
        for (int i = digits - 1; i >= 0; i--, number /= 10)
            room[i] = (byte)('0' + (number % 10));
        count += digits;
        return this;
    }

    private Span<byte> Room(int length)
    {
        if (count + length > bytes.Length)
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, count + length));
        return bytes.AsSpan(count);
    }
}
