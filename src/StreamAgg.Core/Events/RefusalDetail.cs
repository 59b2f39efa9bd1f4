using System.Globalization;
using System.Text;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Core.Events;

/// <summary>What a refusal shows of a value: one line, cut, and nothing that a terminal would act on.</summary>
internal static class RefusalDetail
{
    public const int MaxLength = 200;

    private const int MaxExcerptBytes = 60;

    public const string NotAnObject = "an event is a JSON object: a scalar, null or array stands here";

    /// <summary>The token as it stands in the record, a string with its quotation marks.</summary>
    public static string Excerpt(ReadOnlySpan<byte> record, in RawField field)
    {
        switch (field.Type)
        {
            case System.Text.Json.JsonTokenType.StartObject:
                return "an object";
            case System.Text.Json.JsonTokenType.StartArray:
                return "an array";
            case System.Text.Json.JsonTokenType.String:
                return Quoted(field.Text(record));
            default:
                return Cut(field.Text(record));
        }
    }

    /// <summary>Makes one line of any text that has no value of the record in it unchecked.</summary>
    public static string OneLine(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (line.Length + 4 > MaxLength)
                return line.Append("...").ToString();
            line.Append(IsVisible(rune) ? rune.ToString() : "?");
        }
        return line.ToString();
    }

    public static string Quoted(ReadOnlySpan<byte> text) => '"' + Cut(text) + '"';

    public static string Cut(ReadOnlySpan<byte> text, int maxBytes = MaxExcerptBytes) =>
        OneLine(text.Length <= maxBytes ? Encoding.UTF8.GetString(text) : Encoding.UTF8.GetString(text[..WholeRunes(text, maxBytes)]) + "...");

    private static int WholeRunes(ReadOnlySpan<byte> text, int end)
    {
        while (end > 0 && (text[end] & 0xC0) == 0x80)
            end--;
        return end;
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
