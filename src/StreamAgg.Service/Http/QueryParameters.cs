using System.Globalization;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Http;

/// <summary>The query of a request, checked: every name is one that is known, every value is in its range.</summary>
internal sealed class QueryParameters
{
    private const int MostQuantiles = 10;

    private readonly IQueryCollection query;

    /// <exception cref="BadParameterException">A parameter that nobody knows: a misspelt one would be ignored in silence.</exception>
    public QueryParameters(IQueryCollection query, params string[] known)
    {
        this.query = query;
        if (query.Keys.FirstOrDefault(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)) is { } unknown)
            throw new BadParameterException(unknown, $"no such parameter; there are {(known.Length > 0 ? string.Join(", ", known) : "none")}.");
    }

    /// <summary>The labels asked for; none: all of them. An empty value is the empty label.</summary>
    public IReadOnlyList<string> Platforms()
    {
        var labels = query["platform"].Select(label => label ?? "").Distinct(StringComparer.Ordinal).ToList();
        return labels.Select(PlatformLabel.FaultOf).FirstOrDefault(fault => fault is not null) is { } wrong
            ? throw new BadParameterException("platform", wrong)
            : labels;
    }

    /// <summary>The values asked for of each dimension that is named.</summary>
    public IReadOnlyDictionary<string, IReadOnlyCollection<string>> Where(Rollup rollup)
    {
        var where = new Dictionary<string, IReadOnlyCollection<string>>();
        foreach (string dimension in rollup.Dimensions.Where(dimension => query[dimension].Count > 0))
            where[dimension] = dimension == Rollup.Platform
                ? Platforms()
                : [.. query[dimension].Select(value => value ?? "").Distinct(StringComparer.Ordinal)];
        return where;
    }

    /// <summary>The rollup that is named; that by platform where none is.</summary>
    /// <exception cref="BadParameterException">There is no such one.</exception>
    public static Rollup RollupOf(IQueryCollection query, IReadOnlyList<Rollup> rollups) => query["rollup"] switch
    {
        [] => rollups[0],
        [var name] when rollups.FirstOrDefault(rollup => rollup.Name == name) is { } rollup => rollup,
        _ => throw new BadParameterException("rollup", $"one of {string.Join(", ", rollups.Select(rollup => rollup.Name))} is needed."),
    };

    /// <summary>Half-open; without a start the <paramref name="window"/> before its end, without an end up to now.</summary>
    /// <param name="now">Asked only where the range has an open end.</param>
    /// <param name="forms">What else is a time.</param>
    /// <param name="zone">Whose dates these are; null: UTC's.</param>
    /// <exception cref="BadParameterException">A time is none, the range is empty, or longer than <paramref name="longest"/>.</exception>
    public async Task<(Instant From, Instant To)> RangeAsync(
        Func<Task<Instant>> now, TimeSpan window, TimeSpan longest, TimeForms forms = TimeForms.Instants, TimeZoneInfo? zone = null)
    {
        var (givenFrom, givenTo) = (Time("from", forms, zone), Time("to", forms, zone));
        // An hour that has begun belongs to "up to now".
        var to = givenTo ?? Instant.Max(await now(), givenFrom is { } start ? start + TimeSpan.FromTicks(1) : Instant.MinValue);
        var from = givenFrom ?? to - window;
        if (from >= to)
            throw new BadParameterException("from", $"{from} is not before to, {to}: the range is half-open.");
        if (to - from > longest)
            throw new BadParameterException("from", $"the range {from} to {to} is longer than {longest.TotalDays:0} days: ask for less at a time.");
        return (from, to);
    }

    /// <exception cref="BadParameterException">Missing, no number, or outside 0 to 1.</exception>
    public double Quantile() =>
        ToQuantile(Single("q")) ?? throw new BadParameterException("q", "a number from 0 to 1 is needed, such as 0.99.");

    /// <summary>Several of them, each once.</summary>
    /// <exception cref="BadParameterException">None or over <see cref="MostQuantiles"/>, or one that is no number from 0 to 1.</exception>
    public IReadOnlyList<double> Quantiles()
    {
        double[] quantiles = [.. query["q"].Select(text => ToQuantile(text) ?? double.NaN).Distinct()];
        return quantiles.Length is > 0 and <= MostQuantiles && !quantiles.Any(double.IsNaN)
            ? quantiles
            : throw new BadParameterException("q", $"one to {MostQuantiles} numbers from 0 to 1 are needed, such as q=0.5&q=0.99.");
    }

    /// <summary>A word of a few; <paramref name="otherwise"/> where none is given.</summary>
    /// <exception cref="BadParameterException">It is none of them.</exception>
    public string OneOf(string name, IReadOnlyList<string> words, string otherwise) => Single(name) is not { Length: > 0 } word ? otherwise
        : words.Contains(word) ? word
        : throw new BadParameterException(name, $"'{word}' is none of {string.Join(", ", words)}.");

    /// <summary>The zone of whole hours whose days are asked for; null where none is given.</summary>
    /// <exception cref="BadParameterException">There is no such zone.</exception>
    public TimeZoneInfo? Zone() => Single("tz") is { Length: > 0 } name ? DayZone.Find(name) : null;

    private static double? ToQuantile(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double q) && q is >= 0 and <= 1 ? q : null;

    private Instant? Time(string name, TimeForms forms, TimeZoneInfo? zone)
    {
        if (Single(name) is not { Length: > 0 } text)
            return null;
        if (forms != TimeForms.Instants && DateOnly.TryParseExact(
            text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return zone is null ? Day.FromDate(date).Start : DayZone.StartOf(date, zone);
        if (forms == TimeForms.Minutes && DateTime.TryParseExact(
            text, "yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var minute))
            return Instant.FromUtc(minute);
        // A plus that was not escaped arrives as a space; nowhere else can one stand before the zone.
        if (text.Length > 20 && text[^6] == ' ')
            text = $"{text[..^6]}+{text[^5..]}";
        return TimeText.TryParse(text) is { } time
            ? time
            : throw new BadParameterException(
                name, $"'{text}' is not {(forms != TimeForms.Instants ? "a date such as 2026-01-31, or " : "")}{TimeText.Expected}.");
    }

    private string? Single(string name) => query[name] switch
    {
        { Count: 0 } => null,
        { Count: 1 } one => one[0],
        _ => throw new BadParameterException(name, "given more than once."),
    };
}

/// <summary>How a time may be written.</summary>
internal enum TimeForms
{
    /// <summary>RFC 3339, with its zone.</summary>
    Instants,

    /// <summary>Or a date: its beginning.</summary>
    Dates,

    /// <summary>Or a minute in UTC, as a form of the page has it.</summary>
    Minutes,
}
