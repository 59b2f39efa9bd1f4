using System.Globalization;
using StreamAgg.Core.Time;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Http;

/// <summary>The query of a request, checked: every name is one that is known, every value is in its range.</summary>
internal sealed class QueryParameters
{
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

    /// <summary>Half-open; without a start the <paramref name="window"/> before its end, without an end up to now.</summary>
    /// <param name="now">Asked only where the range has an open end.</param>
    /// <param name="takesDates">Whether a UTC date is a time too: its beginning.</param>
    /// <exception cref="BadParameterException">A time is none, the range is empty, or longer than <paramref name="longest"/>.</exception>
    public async Task<(Instant From, Instant To)> RangeAsync(Func<Task<Instant>> now, TimeSpan window, TimeSpan longest, bool takesDates = false)
    {
        var (givenFrom, givenTo) = (Time("from", takesDates), Time("to", takesDates));
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
        Single("q") is { } text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double q) && q is >= 0 and <= 1
            ? q
            : throw new BadParameterException("q", "a number from 0 to 1 is needed, such as 0.99.");

    private Instant? Time(string name, bool takesDates)
    {
        if (Single(name) is not { Length: > 0 } text)
            return null;
        if (takesDates && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return Day.FromDate(date).Start;
        // A plus that was not escaped arrives as a space; nowhere else can one stand before the zone.
        if (text.Length > 20 && text[^6] == ' ')
            text = $"{text[..^6]}+{text[^5..]}";
        return TimeText.TryParse(text) is { } time
            ? time
            : throw new BadParameterException(name, $"'{text}' is not {(takesDates ? "a date such as 2026-01-31, or " : "")}{TimeText.Expected}.");
    }

    private string? Single(string name) => query[name] switch
    {
        { Count: 0 } => null,
        { Count: 1 } one => one[0],
        _ => throw new BadParameterException(name, "given more than once."),
    };
}
