using System.CommandLine;
using System.Globalization;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Cli;

/// <summary>What <c>status --fail-on</c> takes for a failure: a check for cron, in the words of its list.</summary>
/// <remarks>What can't be known fails, too: a check that is blind must not look like one that is satisfied.</remarks>
internal sealed class FailOn
{
    private const string Spelling = "a list of gap, lag=N, watermark=TIMESPAN ([days.]hh:mm:ss), refused=N";

    private readonly List<Func<StatusReport, string?>> conditions = [];

    private FailOn()
    {
    }

    public static Option<FailOn?> Option() => new("--fail-on")
    {
        Description = "Exit code 4 where there is a gap, or more than that lag, age of the watermark, or events refused in the last hour: "
            + Spelling + ".",
        HelpName = "conditions",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        {
            string text = string.Join(',', result.Tokens.Select(token => token.Value));
            if (Parse(text) is { } parsed)
                return parsed;
            result.AddError($"--fail-on '{text}': allowed is {Spelling}.");
            return null;
        },
    };

    /// <returns>Null where it is spelled wrongly.</returns>
    public static FailOn? Parse(string text)
    {
        var parsed = new FailOn();
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] parts = item.Split('=', 2, StringSplitOptions.TrimEntries);
            if (ConditionOf(parts[0], parts.Length > 1 ? parts[1] : null) is not { } condition)
                return null;
            parsed.conditions.Add(condition);
        }

        return parsed;
    }

    /// <summary>One line for each condition that is met.</summary>
    public IEnumerable<string> FailuresOf(StatusReport status) => conditions.Select(condition => condition(status)).OfType<string>();

    private static Func<StatusReport, string?>? ConditionOf(string name, string? limit) => (name, limit) switch
    {
        ("gap", null) => status => status.Gaps.Count > 0 ? $"gap: {status.Gaps.Count} recorded, the last at {status.Gaps[^1].Time}" : null,
        ("lag", not null) when Count(limit) is { } most => status => LagOf(status, most),
        ("watermark", not null) when Span(limit) is { } most => status => WatermarkOf(status, most),
        ("refused", not null) when Count(limit) is { } most => status =>
            status.Events.RefusedLastHour > most
                ? string.Create(CultureInfo.InvariantCulture, $"refused: {status.Events.LastHourText()}; allowed are {most}")
                : null,
        _ => null,
    };

    private static string? LagOf(StatusReport status, long most)
    {
        long known = status.Partitions.Sum(partition => partition.Lag ?? 0);
        if (known > most)
            return string.Create(CultureInfo.InvariantCulture, $"lag: {known} records, allowed are {most}");
        return status.TotalLag is null
            ? $"lag: unknown{(status.KafkaSilence is { } silence ? $": {silence}" : ": a partition was never read")}"
            : null;
    }

    private static string? WatermarkOf(StatusReport status, TimeSpan most) => status.WatermarkAge switch
    {
        null => "watermark: a partition has none yet",
        { } age when age > most => $"watermark: {status.Watermark} is {Shown(age)} old, allowed is {Shown(most)}",
        _ => null,
    };

    private static string Shown(TimeSpan span) => TimeSpan.FromSeconds(Math.Floor(span.TotalSeconds)).ToString("c", CultureInfo.InvariantCulture);

    private static long? Count(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;

    // Without a colon the base library reads days, which nobody means.
    private static TimeSpan? Span(string text) =>
        text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var value)
            && value >= TimeSpan.Zero
            ? value
            : null;
}
