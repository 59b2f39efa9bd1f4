using System.Globalization;
using System.Text;

namespace StreamAgg.Service.Output;

/// <summary>Text that came from a record or a server, as a terminal may be given it: it shows what it holds, and obeys none of it.</summary>
internal static class Visible
{
    /// <summary>Escapes, as JSON would, control and format characters: sequences that move the cursor, overrides that turn text around.</summary>
    /// <param name="keepsLines">True leaves line feeds and tabs as they are.</param>
    public static string Of(string text, bool keepsLines = false)
    {
        if (!text.EnumerateRunes().Any(rune => MustHide(rune, keepsLines)))
            return text;
        var shown = new StringBuilder(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
            if (MustHide(rune, keepsLines))
                foreach (char unit in rune.ToString())
                    shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
            else
                shown.Append(rune.ToString());
        return shown.ToString();
    }

    private static bool MustHide(Rune rune, bool keepsLines) =>
        !(keepsLines && rune.Value is ('\n' or '\t'))
        && Rune.GetUnicodeCategory(rune) is (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
