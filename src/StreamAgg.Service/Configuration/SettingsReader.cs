using System.Globalization;
using StreamAgg.Pipeline.Options;

namespace StreamAgg.Service.Configuration;

/// <summary>
/// Reads the section <c>StreamAgg</c>. To ask for a key is to declare it: whatever the section holds and nobody asked for is a fault too,
/// so a misspelt key is never ignored in silence.
/// </summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    public const string SectionName = "StreamAgg";

    private const string Keep = "keep";

    private readonly IConfigurationSection section = configuration.GetSection(SectionName);
    private readonly List<string> knownKeys = [];
    private readonly List<string> openPrefixes = [];
    private readonly List<string> faults = [];

    /// <summary>Shows the value, unless it may hold a secret; null where the key itself is not known, for then it may be anything.</summary>
    public void Refuse(string key, string? value, string remedy) =>
        faults.Add(value is null || Secrets.MayHold(key, value) ? $"{SectionName}:{key}: {remedy}" : $"{SectionName}:{key} = '{value}': {remedy}");

    public string Text(string key, string fallback, string allowed, Func<string, bool> accepts) =>
        Read(key, fallback, allowed, text => accepts(text) ? text : null)!;

    /// <summary>A text of which is told what is wrong with it; it comes back all the same.</summary>
    /// <param name="key">Below the section.</param>
    /// <param name="fallback">A right one.</param>
    /// <param name="faultOf">Null where nothing is wrong; else a clause.</param>
    public string Judged(string key, string fallback, Func<string, string?> faultOf)
    {
        knownKeys.Add(key);
        string text = section[key] ?? fallback;
        if (faultOf(text) is { } fault)
            Refuse(key, text, fault + ".");
        return text;
    }

    /// <returns>Null where there is none, or an empty one.</returns>
    public string? Optional(string key, Func<string, string?> faultOf) =>
        Judged(key, "", text => text.Length == 0 ? null : faultOf(text)) is { Length: > 0 } text ? text : null;

    public int Integer(string key, int fallback, int min, int max) =>
        ReadValue(key, fallback, $"allowed is an integer from {min} to {max}",
            text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
                ? value
                : null);

    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan min, TimeSpan max) =>
        ReadValue(key, fallback, $"allowed is a duration from {min:c} to {max:c}, written [days.]hh:mm:ss[.fraction]",
            text => DurationOf(text, min, max));

    /// <returns>Null where it is the word <c>keep</c>, as by default.</returns>
    public TimeSpan? DurationOrKeep(string key, TimeSpan min, TimeSpan max)
    {
        string text = Judged(key, Keep, given => IsKeep(given) || DurationOf(given, min, max) is not null
            ? null
            : $"allowed is {Keep}, or a duration from {min:c} to {max:c}, written days.hh:mm:ss (default {Keep})");
        return IsKeep(text) ? null : DurationOf(text, min, max);

        static bool IsKeep(string text) => text.Equals(Keep, StringComparison.OrdinalIgnoreCase);
    }

    public bool Switch(string key, bool fallback) =>
        ReadValue(key, fallback, "allowed is true or false", text => bool.TryParse(text, out bool value) ? value : null);

    public T Choice<T>(string key, T fallback)
        where T : struct, Enum =>
        ReadValue(key, fallback, "allowed is " + string.Join(" or ", Enum.GetNames<T>()),
            text => Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<T>(text, ignoreCase: true) : null);

    public T ReadValue<T>(string key, T fallback, string allowed, Func<string, T?> parse)
        where T : struct =>
        Read(key, (T?)fallback, allowed, parse) ?? fallback;

    /// <summary>Every key under the prefix, named by the rest of it: passed through to somebody who knows them.</summary>
    public IReadOnlyDictionary<string, string> Everything(string prefix)
    {
        openPrefixes.Add(prefix + ":");
        return section.GetSection(prefix).AsEnumerable(makePathsRelative: true)
            .Where(pair => pair.Key.Length > 0 && pair.Value is not null)
            .ToDictionary(pair => pair.Key, pair => pair.Value!, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Every fault found so far, one for each key that nobody asked for, and one where the section itself is given a value.</summary>
    public IReadOnlyList<string> Faults()
    {
        var unknown = section.AsEnumerable(makePathsRelative: true)
            .Where(pair => pair.Key.Length > 0 && !IsKnown(pair.Key) && (pair.Value is not null || IsMisspeltAndEmpty(pair.Key)))
            .Select(pair => $"{SectionName}:{pair.Key}: no such setting; {Nearby(pair.Key)}")
            .Order(StringComparer.Ordinal);
        string[] plain = section.Value is null
            ? []
            : [$"{SectionName}: is a section and has no value of its own; a key of it is written {SectionName}__Kafka__BootstrapServers in the environment."];
        return [.. plain, .. faults, .. unknown];
    }

    private T? Read<T>(string key, T? fallback, string allowed, Func<string, T?> parse)
    {
        knownKeys.Add(key);
        if (section[key] is not { } text)
            return fallback;
        if (parse(text) is { } value)
            return value;
        Refuse(key, text, allowed + $" (default {Shown(fallback)}).");
        return fallback;
    }

    private static string Shown<T>(T value) => value switch
    {
        TimeSpan duration => duration.ToString("c", CultureInfo.InvariantCulture),
        bool on => on ? "true" : "false",
        _ => FormattableString.Invariant($"{value}"),
    };

    /// <summary>Without a colon the base library reads days, which nobody means.</summary>
    private static TimeSpan? DurationOf(string text, TimeSpan min, TimeSpan max) =>
        text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var value)
            && value >= min && value <= max
            ? value
            : null;

    private bool IsKnown(string key) =>
        knownKeys.Contains(key, StringComparer.OrdinalIgnoreCase)
        || openPrefixes.Exists(prefix => key.Length > prefix.Length && key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>A file's null or {}: no value, but a name that somebody meant something by.</summary>
    private bool IsMisspeltAndEmpty(string key) =>
        !section.GetSection(key).GetChildren().Any()
        && !knownKeys.Concat(openPrefixes).Any(known => known.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase));

    private string Nearby(string key)
    {
        string parent = key.Contains(':', StringComparison.Ordinal) ? key[..(key.IndexOf(':', StringComparison.Ordinal) + 1)] : "";
        var siblings = knownKeys.Concat(openPrefixes.Select(prefix => prefix + "<property>"))
            .Where(known => known.StartsWith(parent, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList();
        return siblings.Count > 0 && parent.Length > 0
            ? $"in {parent.TrimEnd(':')} there are {string.Join(", ", siblings.Select(sibling => sibling[parent.Length..]))}."
            : $"there are {string.Join(", ", knownKeys.Order(StringComparer.Ordinal))}.";
    }
}
