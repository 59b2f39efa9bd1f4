namespace StreamAgg.Core.Rollups;

/// <summary>By what events are counted: a row an hour, and one a day, for each combination of what these fields say.</summary>
/// <param name="Name">Lower case letters, digits and underscores.</param>
/// <param name="Dimensions">Field names, 0 to 6, in the order of the tables' columns.</param>
/// <param name="MaxKeys">Combinations past this many in one hour of one partition are counted under <see cref="Other"/> in every dimension.</param>
public sealed record Rollup(string Name, IReadOnlyList<string> Dimensions, int MaxKeys)
{
    /// <summary>The rollup that is always there, and its dimension: the label.</summary>
    public const string Platform = "platform";

    /// <summary>Where combinations past the bound are counted.</summary>
    public const string Other = "__other__";

    public const int MostDimensions = 6;

    /// <summary>Of what a dimension says; of a platform fewer.</summary>
    public const int MostCodePoints = 200;

    /// <summary>Parts of a label of several dimensions; one of these within a part is written as the second and a digit.</summary>
    private const char Separator = '\u001f', Escape = '\u001e';

    /// <summary>Of one dimension or none the label is the value itself; of several their values, with separators between.</summary>
    public string OtherLabel { get; } = Join([.. Dimensions.Select(_ => Other)]);

    public static Rollup ByPlatform(int maxKeys) => new(Platform, [Platform], maxKeys);

    public static string Join(IReadOnlyList<string> values) => values.Count switch
    {
        0 => "",
        1 => values[0],
        _ => string.Join(Separator, values.Select(value => value.AsSpan().IndexOfAny(Separator, Escape) < 0 ? value
            : value.Replace("\u001e", "\u001e2", StringComparison.Ordinal).Replace("\u001f", "\u001e1", StringComparison.Ordinal))),
    };

    /// <param name="label">As it was joined.</param>
    /// <param name="count">Of dimensions.</param>
    public static string[] Split(string label, int count)
    {
        if (count < 2)
            return count == 0 ? [] : [label];
        string[] values = label.Split(Separator);
        return label.Contains(Escape, StringComparison.Ordinal)
            ? Array.ConvertAll(
                values, value => value.Replace("\u001e1", "\u001f", StringComparison.Ordinal).Replace("\u001e2", "\u001e", StringComparison.Ordinal))
            : values;
    }

    /// <summary>Adds a value to a label of several dimensions.</summary>
    /// <param name="value">UTF-8.</param>
    /// <param name="destination">Twice the value's length and one byte more.</param>
    /// <returns>How many bytes were written.</returns>
    internal static int Append(ReadOnlySpan<byte> value, bool isFirst, Span<byte> destination)
    {
        int written = 0;
        if (!isFirst)
            destination[written++] = (byte)Separator;
        if (value.IndexOfAny((byte)Separator, (byte)Escape) < 0)
        {
            value.CopyTo(destination[written..]);
            return written + value.Length;
        }
        foreach (byte unit in value)
        {
            if (unit is not ((byte)Separator or (byte)Escape))
            {
                destination[written++] = unit;
                continue;
            }
            destination[written++] = (byte)Escape;
            destination[written++] = unit == Separator ? (byte)'1' : (byte)'2';
        }
        return written;
    }
}
