using System.Buffers.Text;
using System.Globalization;
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
        Append(number / 1000).Append("."u8);
        Utf8Formatter.TryFormat(number % 1000, Room(3), out int written, new System.Buffers.StandardFormat('D', 3));
        count += written;
        return this;
    }

    /// <summary>RFC 3339 with milliseconds, without its zone.</summary>
    public JsonText Append(DateTime time)
    {
        time.TryFormat(Room(23), out int written, "yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture);
        count += written;
        return this;
    }

    private Span<byte> Room(int length)
    {
        if (count + length > bytes.Length)
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, count + length));
        return bytes.AsSpan(count);
    }
}
