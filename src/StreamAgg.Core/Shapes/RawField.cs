using System.Runtime.CompilerServices;
using System.Text.Json;

namespace StreamAgg.Core.Shapes;

/// <summary>Where the value of a field lies in the record. It is judged when its object is complete: only the last one of a name counts.</summary>
/// <param name="Type">None where the field was not there.</param>
/// <param name="Escaped">A string with at least one escape in it.</param>
/// <param name="Start">The first byte of the token; of a string, the one after the quotation mark.</param>
/// <param name="Length">Bytes of the value; of a string, without the quotation marks.</param>
internal readonly record struct RawField(JsonTokenType Type, bool Escaped, int Start, int Length)
{
    /// <summary>Not there, null, or the empty string that producers write for what they do not have.</summary>
    public bool IsMissing
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Type is JsonTokenType.None or JsonTokenType.Null || (Type == JsonTokenType.String && Length == 0);
    }

    /// <summary>The same value up to where it ends: an object's or array's first token tells only where it starts.</summary>
    public RawField To(int end) => this with { Length = end - Start };

    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> record) => record.Slice(Start, Length);
}
