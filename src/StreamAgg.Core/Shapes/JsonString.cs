using System.Buffers.Text;
using System.Text;

namespace StreamAgg.Core.Shapes;

/// <summary>Resolves the escapes of a JSON string without ever throwing: half a surrogate pair is an answer, not an error.</summary>
internal static class JsonString
{
    /// <param name="escaped">What stands between the quotation marks, well-formed.</param>
    /// <param name="destination">As long as <paramref name="escaped"/> is enough: every escape is longer than what it stands for.</param>
    /// <param name="written">How many bytes of UTF-8 the text has.</param>
    /// <returns>False where a surrogate stands alone; U+FFFD stands in its place then.</returns>
    public static bool TryUnescape(ReadOnlySpan<byte> escaped, Span<byte> destination, out int written)
    {
        bool isUnicode = true;
        written = 0;
        while (true)
        {
            int run = escaped.IndexOf((byte)'\\');
            if (run < 0)
            {
                escaped.CopyTo(destination[written..]);
                written += escaped.Length;
                return isUnicode;
            }
            escaped[..run].CopyTo(destination[written..]);
            written += run;
            byte kind = escaped[run + 1];
            escaped = escaped[(run + 2)..];
            if (kind != 'u')
            {
                destination[written++] = Simple(kind);
                continue;
            }
            char unit = Unit(ref escaped);
            if (!Rune.TryCreate(unit, out Rune rune)
                && !(escaped.StartsWith("\\u"u8) && TryCompletePair(unit, ref escaped, out rune)))
            {
                isUnicode = false;
                rune = Rune.ReplacementChar;
            }
            written += rune.EncodeToUtf8(destination[written..]);
        }
    }

    /// <summary>Takes the second half only where it is one: what follows a lone half stands for itself.</summary>
    private static bool TryCompletePair(char high, ref ReadOnlySpan<byte> escaped, out Rune rune)
    {
        ReadOnlySpan<byte> rest = escaped[2..];
        if (!Rune.TryCreate(high, Unit(ref rest), out rune))
            return false;
        escaped = rest;
        return true;
    }

    private static char Unit(ref ReadOnlySpan<byte> escaped)
    {
        // Four hexadecimal digits: the reader has seen to that.
        _ = Utf8Parser.TryParse(escaped[..4], out ushort unit, out _, 'X');
        escaped = escaped[4..];
        return (char)unit;
    }

    private static byte Simple(byte kind) => kind switch
    {
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        _ => kind, // quotation mark, backslash, slash
    };
}
