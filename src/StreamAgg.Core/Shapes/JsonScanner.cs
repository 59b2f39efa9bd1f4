using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json;

namespace StreamAgg.Core.Shapes;

/// <summary>
/// Walks over JSON once, without a token apart for each name, colon and comma; says no to all that <see cref="Utf8JsonReader"/> throws for.
/// </summary>
/// <remarks>
/// A general reader can be asked anything after each token and so keeps where it is; here the caller asks for members and values in the order in
/// which they stand, and that is in the code. A method that returns false has left the scanner nowhere: what is wrong, and where, the general reader
/// tells. Both agree on every input: `./dev fuzz` holds them to it.
/// </remarks>
/// <param name="json">Valid UTF-8.</param>
internal ref struct JsonScanner(ReadOnlySpan<byte> json)
{
    /// <summary>Arrays and objects may lie within each other this deep.</summary>
    public const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> json = json;
    private int at;

    /// <summary>The first byte that was not read.</summary>
    public readonly int Position => at;

    /// <summary>Passes white space.</summary>
    /// <returns>The byte that stands there; 0 at the end.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Peek()
    {
        // Between the tokens of a producer that writes none, this is one comparison.
        while ((uint)at < (uint)json.Length)
        {
            byte next = json[at];
            if (next > ' ')
                return next;
            if (next is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
                return next == 0 ? (byte)1 : next;
            at++;
        }

        return 0;
    }

    /// <summary>Passes bytes that the caller has looked at: <see cref="Peek"/>'s, or a value that it has read itself.</summary>
    public void Pass(int bytes = 1) => at += bytes;

    /// <summary>Passes the byte where it stands next, white space before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPass(byte expected)
    {
        if (Peek() != expected)
            return false;
        at++;
        return true;
    }

    /// <summary>Passes these bytes where they stand next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRepeat(ReadOnlySpan<byte> bytes)
    {
        if (!json[at..].StartsWith(bytes))
            return false;
        at += bytes.Length;
        return true;
    }

    /// <summary>The name of a member and its colon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryName(out ReadOnlySpan<byte> name, out bool isEscaped)
    {
        if (TryPass((byte)'"') && TryString(out int start, out int length, out isEscaped) && TryPass((byte)':'))
        {
            name = json.Slice(start, length);
            return true;
        }

        name = default;
        isEscaped = false;
        return false;
    }

    /// <summary>The value that stands next, to its end.</summary>
    /// <param name="depth">Of arrays and objects that it lies in.</param>
    public bool TryValue(int depth, out RawField value)
    {
        byte first = Peek();
        int start = at;
        switch (first)
        {
            case (byte)'"':
                at++;
                bool isString = TryString(out start, out int length, out bool isEscaped);
                value = new RawField(JsonTokenType.String, isEscaped, start, length);
                return isString;
            case (byte)'{':
                at++;
                bool isObject = TryObject(depth + 1);
                value = new RawField(JsonTokenType.StartObject, false, start, at - start);
                return isObject;
            case (byte)'[':
                at++;
                bool isArray = TryArray(depth + 1);
                value = new RawField(JsonTokenType.StartArray, false, start, at - start);
                return isArray;
            case (byte)'t':
                return TryWord("true"u8, JsonTokenType.True, out value);
            case (byte)'f':
                return TryWord("false"u8, JsonTokenType.False, out value);
            case (byte)'n':
                return TryWord("null"u8, JsonTokenType.Null, out value);
            default:
                bool isNumber = TryNumber();
                value = new RawField(JsonTokenType.Number, false, start, at - start);
                return isNumber;
        }
    }

    private bool TryObject(int depth)
    {
        if (depth > MaxDepth)
            return false;
        if (TryPass((byte)'}'))
            return true;
        do
        {
            if (!TryName(out _, out _) || !TryValue(depth, out _))
                return false;
        }
        while (TryPass((byte)','));
        return TryPass((byte)'}');
    }

    private bool TryArray(int depth)
    {
        if (depth > MaxDepth)
            return false;
        if (TryPass((byte)']'))
            return true;
        do
        {
            if (!TryValue(depth, out _))
                return false;
        }
        while (TryPass((byte)','));
        return TryPass((byte)']');
    }

    private bool TryWord(ReadOnlySpan<byte> word, JsonTokenType type, out RawField value)
    {
        value = new RawField(type, false, at, word.Length);
        bool isThere = json[at..].StartsWith(word);
        at += word.Length;
        return isThere;
    }

    /// <summary>From behind the opening quotation mark to behind the closing one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryString(out int start, out int length, out bool isEscaped)
    {
        start = at;
        isEscaped = false;
        at = EndOfRun(at);
        while ((uint)at < (uint)json.Length)
        {
            byte end = json[at];
            if (end == '"')
            {
                length = at++ - start;
                return true;
            }

            if (end != '\\' || !TryEscape())
                break;
            isEscaped = true;
            at = EndOfRun(at);
        }

        length = 0;
        return false;
    }

    private bool TryEscape()
    {
        if (at + 1 >= json.Length)
            return false;
        byte kind = json[at + 1];
        at += 2;
        if (kind != 'u')
            return kind is (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t';
        if (at + 4 > json.Length)
            return false;
        for (int i = 0; i < 4; i++)
        {
            if (!char.IsAsciiHexDigit((char)json[at++]))
                return false;
        }

        return true;
    }

    /// <summary>The first quotation mark, backslash or control character from here on; the length where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int EndOfRun(int from)
    {
        ref byte first = ref MemoryMarshal.GetReference(json);
        for (; from + Vector256<byte>.Count <= json.Length; from += Vector256<byte>.Count)
        {
            Vector256<byte> bytes = Vector256.LoadUnsafe(ref first, (nuint)from);
            uint ends = (Vector256.Equals(bytes, Vector256.Create((byte)'"')) | Vector256.Equals(bytes, Vector256.Create((byte)'\\'))
                | Vector256.LessThan(bytes, Vector256.Create((byte)' '))).ExtractMostSignificantBits();
            if (ends != 0)
                return from + BitOperations.TrailingZeroCount(ends);
        }

        while (from < json.Length && json[from] is not ((byte)'"' or (byte)'\\' or < (byte)' '))
            from++;
        return from;
    }

    private bool TryNumber()
    {
        if (at < json.Length && json[at] == '-')
            at++;
        if (at < json.Length && json[at] == '0')
            at++;
        else if (!TryDigits())
            return false;
        if (at < json.Length && json[at] == '.')
        {
            at++;
            if (!TryDigits())
                return false;
        }

        if (at < json.Length && (json[at] | 0x20) == 'e')
        {
            at++;
            if (at < json.Length && json[at] is (byte)'+' or (byte)'-')
                at++;
            if (!TryDigits())
                return false;
        }

        // Values that follow each other need nothing in between, but a number would run into the next.
        return at == json.Length || json[at] is (byte)',' or (byte)'}' or (byte)']' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryDigits()
    {
        int from = at;
        while ((uint)at < (uint)json.Length && (uint)(json[at] - '0') <= 9)
            at++;
        return at > from;
    }
}
