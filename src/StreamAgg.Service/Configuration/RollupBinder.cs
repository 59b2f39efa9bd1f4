using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Rollups</c>: what is counted by beside the platform.</summary>
internal static class RollupBinder
{
    private const string Section = "Rollups", AllowedName = "allowed are a to z, 0 to 9 and _, a letter first, at most 31 of them";
    private const int DefaultKeys = 10_000, MostKeys = 100_000;

    private static readonly string[] TakenNames = ["hourly", "daily", Rollup.Platform];

    private static readonly string[] TakenDimensions =
        [RowTable.Hourly.BucketColumn, RowTable.Daily.BucketColumn, .. Figures.All.Select(figure => figure.Column)];

    public static IReadOnlyList<Rollup> Bind(SettingsReader reader)
    {
        IReadOnlyDictionary<string, string> given = reader.Everything(Section);
        var rollups = new List<Rollup>();
        foreach (var settings in given.GroupBy(pair => pair.Key.Split(':')[0], StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            string name = settings.Key, prefix = $"{Section}:{name}";
            if (!IsName(name))
                reader.Refuse(prefix, null, $"no name of a rollup; {AllowedName}.");
            else if (TakenNames.Contains(name))
                reader.Refuse(prefix, null, "the name is taken; choose another one.");
            else
                rollups.Add(new Rollup(name, Dimensions(reader, prefix, settings), Keys(reader, prefix, settings)));
            foreach (string key in settings.Select(pair => pair.Key).Where(key => !IsKnown(key)))
                reader.Refuse($"{Section}:{key}", null, $"no such setting; in {prefix} there are Dimensions, MaxKeys.");
        }

        // The default's own list: options of the same values are equal.
        if (rollups.Count == 0)
            return [];
        return rollups;
    }

    /// <summary>A list, by numbers as configuration has it, or in one value with commas between.</summary>
    private static string[] Dimensions(SettingsReader reader, string prefix, IEnumerable<KeyValuePair<string, string>> settings)
    {
        string key = $"{prefix}:Dimensions";
        var listed = settings.Where(pair => IsIn(pair.Key, "Dimensions")).ToList();
        if (listed.Count == 0)
            reader.Refuse(key, null, "is missing: name the fields that are counted by, or give it an empty value for one row an hour over all.");
        string[] dimensions =
        [
            .. listed.OrderBy(pair => pair.Key.Length).ThenBy(pair => pair.Key, StringComparer.Ordinal)
                .SelectMany(pair => pair.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        ];
        foreach (string dimension in dimensions)
            if (!IsName(dimension))
                reader.Refuse(key, dimension, $"no field to count by; {AllowedName}.");
            else if (TakenDimensions.Contains(dimension))
                reader.Refuse(key, dimension, "a rollup's tables have a column of this name; map the field to another one in StreamAgg:Events.");
        if (dimensions.Length > Rollup.MostDimensions || dimensions.Distinct(StringComparer.Ordinal).Count() < dimensions.Length)
            reader.Refuse(key, string.Join(",", dimensions), $"allowed are 0 to {Rollup.MostDimensions} fields, each once.");
        return dimensions;
    }

    private static int Keys(SettingsReader reader, string prefix, IEnumerable<KeyValuePair<string, string>> settings) =>
        settings.Any(pair => pair.Key.EndsWith(":MaxKeys", StringComparison.OrdinalIgnoreCase))
            ? reader.Integer($"{prefix}:MaxKeys", DefaultKeys, 1, MostKeys)
            : DefaultKeys;

    private static bool IsKnown(string key) => IsIn(key, "Dimensions") || key.EndsWith(":MaxKeys", StringComparison.OrdinalIgnoreCase);

    private static bool IsIn(string key, string name) =>
        key.Split(':') is [_, var second, ..] parts && second.Equals(name, StringComparison.OrdinalIgnoreCase)
        && (parts.Length == 2 || (parts.Length == 3 && int.TryParse(parts[2], out _)));

    private static bool IsName(string text) => text.Length is > 0 and <= 31 && char.IsAsciiLetterLower(text[0])
        && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_');
}
