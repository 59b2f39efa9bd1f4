namespace StreamAgg.Service.Output;

/// <summary>A label as somebody asks for it.</summary>
internal static class PlatformLabel
{
    private const int MaxCodePoints = 50;

    /// <summary>Why no row can have this label; null where one can.</summary>
    public static string? FaultOf(string label) =>
        label.Contains('\0', StringComparison.Ordinal) || label.EnumerateRunes().Count() > MaxCodePoints
            ? $"a label has at most {MaxCodePoints} Unicode code points, none of them U+0000."
            : null;
}
