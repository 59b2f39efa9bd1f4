using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using StreamAgg.Core.Time;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Cli;

/// <summary>Options of verbs, with messages that name what was given and what is allowed.</summary>
internal static class VerbOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Prints JSON to standard output and nothing else." };

    public static Option<double> Number(string name, string description, double fallback, double min, double max) => new(name)
    {
        Description = $"{description} [{Shown(min)} to {Shown(max)}]",
        HelpName = "number",
        DefaultValueFactory = _ => fallback,
        CustomParser = result => ParseNumber(result, name, min, max),
    };

    public static Option<double?> OptionalNumber(string name, string description, double min, double max) => new(name)
    {
        Description = $"{description} [{Shown(min)} to {Shown(max)}]",
        HelpName = "number",
        CustomParser = result => ParseNumber(result, name, min, max),
    };

    public static Option<long?> Count(string name, string description, long min, long max) => new(name)
    {
        Description = $"{description} [{min} to {max}]",
        HelpName = "count",
        CustomParser = result =>
        {
            if (long.TryParse(TextOf(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= min
                && value <= max)
                return value;
            result.AddError($"{name} '{TextOf(result)}': allowed is an integer from {min} to {max}.");
            return null;
        },
    };

    public static Argument<long> CountArgument(string name, string description, long max) => new(name)
    {
        Description = $"{description} [0 to {max}]",
        CustomParser = result =>
        {
            if (long.TryParse(TextOf(result), NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= max)
                return value;
            result.AddError($"{name} '{TextOf(result)}': allowed is an integer from 0 to {max}.");
            return 0;
        },
    };

    public static Option<long?> Seed() => Count("--seed", "The same seed gives the same events. Default: 1.", 0, long.MaxValue);

    public static Option<Instant?> Time(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = result =>
        {
            if (TimeText.TryParse(TextOf(result)) is { } time)
                return time;
            result.AddError($"{name} '{TextOf(result)}': expected is {TimeText.Expected}.");
            return null;
        },
    };

    /// <summary>As settings give it, or a number with its unit.</summary>
    public static Option<TimeSpan?> Period(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time span",
        CustomParser = result =>
        {
            if (PeriodOf(TextOf(result)) is { } period && period >= TimeSpan.FromSeconds(1))
                return period;
            result.AddError($"{name} '{TextOf(result)}': allowed is a time span of a second or more, such as 01:00:00, 1h, 30m or 45s.");
            return null;
        },
    };

    /// <summary>A time up to now, or how long ago it was.</summary>
    public static Option<Instant?> PastTime(string name, string description, TimeProvider clock) => new(name)
    {
        Description = description,
        HelpName = "time|time span",
        CustomParser = result =>
        {
            var now = Instant.FromUtc(clock.GetUtcNow());
            if ((TimeText.TryParse(TextOf(result)) ?? (PeriodOf(TextOf(result)) is { } ago ? now - ago : null)) is { } time && time <= now)
                return time;
            result.AddError($"{name} '{TextOf(result)}': expected is {TimeText.Expected} and not in the future, or how long ago, such as 24h.");
            return null;
        },
    };

    /// <summary>Whole hours that hold the half-open range.</summary>
    /// <exception cref="CommandFaultException">It is empty.</exception>
    public static (Hour From, Hour To) HoursOf(Instant from, Instant to)
    {
        if (to <= from)
            throw CommandFaultException.Usage($"--to {to} does not lie after --from {from}.");
        return (from.Hour, (to - TimeSpan.FromTicks(1)).Hour.End.Hour);
    }

    public static double ParseNumber(ArgumentResult result, string name, double min, double max)
    {
        if (double.TryParse(TextOf(result), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= min && value <= max)
            return value;
        result.AddError($"{name} '{TextOf(result)}': allowed is a number from {Shown(min)} to {Shown(max)}.");
        return 0;
    }

    private static TimeSpan? PeriodOf(string text)
    {
        if (TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var span) && text.Contains(':', StringComparison.Ordinal))
            return span;
        if (text.Length < 2 || !double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            || number > 1e6)
            return null;
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => null,
        };
    }

    private static string TextOf(ArgumentResult result) => result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;

    private static string Shown(double value) => value.ToString("#,0.######", CultureInfo.InvariantCulture);
}
