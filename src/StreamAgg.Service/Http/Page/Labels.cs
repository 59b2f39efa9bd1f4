using System.Globalization;
using System.Text;

namespace StreamAgg.Service.Http.Page;

/// <summary>Labels as they are shown: those that look alike so that they can be told apart, and each in its own colour everywhere.</summary>
/// <param name="labels">All of a view.</param>
internal sealed class Labels(IEnumerable<string> labels)
{
    /// <summary>Of the style sheet's palette.</summary>
    public const int Colours = 10;

    /// <summary>Whole, dashed, dotted: where two labels share a colour, their lines mostly differ.</summary>
    public const int Dashes = 3;

    private readonly HashSet<string> alike = [.. labels.GroupBy(Skeleton).Where(same => same.Count() > 1).SelectMany(same => same)];

    /// <summary>The label's text stays as it is; marks stand around its characters, and quotation marks around what begs for them.</summary>
    public Html Show(string label)
    {
        if (label.Length == 0)
            return Html.Of($"<span class=\"quoted\">\"\"</span> <span class=\"muted\">no label</span>");
        bool isQuoted = alike.Contains(label) || label.EnumerateRunes().Any(IsDoubtful) || label.Trim() != label
            || label.Contains("  ", StringComparison.Ordinal);
        return !isQuoted ? Html.Of($"{label}") : Html.Of($"<span class=\"quoted\">\"{Html.Each(label.EnumerateRunes(), Marked)}\"</span>");
    }

    /// <summary>The same in plain text.</summary>
    public string Text(string label) =>
        label.Length == 0 || alike.Contains(label) || label.EnumerateRunes().Any(IsDoubtful) ? $"\"{label}\"" : label;

    /// <summary>The same in every process and on every page.</summary>
    public static int Colour(string label) => (int)(Hash(label) % Colours);

    public static int Dash(string label) => (int)(Hash(label) / Colours % Dashes);

    private static Html Marked(Rune rune) => rune switch
    {
        { Value: ' ' } => Html.Of($"<span class=\"blank\" title=\"a blank\"> </span>"),
        _ when IsDoubtful(rune) => Html.Of($"<span class=\"blank\">{rune.ToString()}</span><sup>{$"U+{rune.Value:X4}"}</sup>"),
        _ => Html.Of($"{rune.ToString()}"),
    };

    private static bool IsDoubtful(Rune rune) => rune.Value != ' ' && Rune.GetUnicodeCategory(rune) is UnicodeCategory.SpaceSeparator
        or UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.NonSpacingMark;

    /// <summary>What is left where case, blanks and the like do not count.</summary>
    private static string Skeleton(string label) =>
        string.Concat(label.ToUpperInvariant().EnumerateRunes().Where(Rune.IsLetterOrDigit).Select(rune => rune.ToString()));

    /// <summary>FNV-1a of its bytes, its bits spread at the end, from a start that gives ten well-known providers ten colours.</summary>
    private static uint Hash(string label)
    {
        uint hash = 2166140364;
        foreach (byte b in Encoding.UTF8.GetBytes(label))
            hash = (hash ^ b) * 16777619;
        hash ^= hash >> 15;
        hash *= 2246822519;
        return hash ^ (hash >> 13);
    }
}
