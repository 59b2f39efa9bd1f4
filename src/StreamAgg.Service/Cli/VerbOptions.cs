using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using StreamAgg.Core.Time;
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

    public static double ParseNumber(ArgumentResult result, string name, double min, double max)
    {
        if (double.TryParse(TextOf(result), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= min && value <= max)
            return value;
        result.AddError($"{name} '{TextOf(result)}': allowed is a number from {Shown(min)} to {Shown(max)}.");
        return 0;
    }

    private static string TextOf(ArgumentResult result) => result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;

    private static string Shown(double value) => value.ToString("#,0.######", CultureInfo.InvariantCulture);
}
