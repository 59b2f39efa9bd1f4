using System.CommandLine;
using System.Globalization;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Cli;

/// <summary>Any quantile of durations, over any platforms and any range of hours, from the stored digests.</summary>
internal static class QuantileCommand
{
    public static Command Create(CommandContext context)
    {
        var q = new Argument<double>("Q")
        {
            Description = "The quantile, 0 to 1: 0.99 is p99.",
            CustomParser = result => VerbOptions.ParseNumber(result, "Q", 0, 1),
        };
        var platforms = new Option<string[]>("--platform")
        {
            Description = "Only this platform; may be given several times. Default: all.",
            HelpName = "label",
        };
        platforms.Validators.Add(result =>
        {
            foreach (string label in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (PlatformLabel.FaultOf(label) is { } fault)
                    result.AddError($"--platform: {fault}");
            }
        });
        var rollup = new Option<string?>("--rollup") { Description = "Of this rollup. Default: platform.", HelpName = "name" };
        var where = new Option<string[]>("--where")
        {
            Description = "Only this value of one of its dimensions; may be given several times.",
            HelpName = "dimension=value",
        };
        var from = VerbOptions.Time("--from", "From the hour that this time lies in; hours are read whole. Default: the first.");
        var to = VerbOptions.Time("--to", "To the last hour that starts before this time. Default: the last published one.");
        var json = VerbOptions.Json();
        var command = new Command(
            "quantile", "Prints a quantile of the durations in milliseconds, from the stored digests.")
        { q, platforms, rollup, where, from, to, json };
        command.SetAction(async (parsed, stop) =>
        {
            var (start, end) = (parsed.GetValue(from), parsed.GetValue(to));
            if (start >= end)
                throw CommandFaultException.Usage($"--from {start} is not before --to {end}: the range is half-open.");
            var settings = context.Configure();
            var of = RollupOf(settings.Pipeline.Rollups, parsed.GetValue(rollup));
            var named = (parsed.GetValue(platforms) ?? []).Select(label => $"{Rollup.Platform}={label}");
            var wanted = WhereOf(of, [.. parsed.GetValue(where) ?? [], .. named]);
            await using var open = await OpenReports.OpenAsync(settings, stop);
            var report = await open.Reports.QuantileAsync(parsed.GetValue(q), of, wanted, start, end, stop);
            if (parsed.GetValue(json))
                JsonText.Print(context.Terminal.Output, report.WriteJson);
            else
                await context.Terminal.Output.WriteLineAsync(Line(report, start, end));
            return ExitCode.Done;
        });
        return command;
    }

    private static Rollup RollupOf(IReadOnlyList<Rollup> rollups, string? name) =>
        rollups.FirstOrDefault(rollup => rollup.Name == (name ?? Rollup.Platform))
            ?? throw CommandFaultException.Usage(
                $"--rollup {name}: there is no such rollup; there are {string.Join(", ", rollups.Select(rollup => rollup.Name))}.");

    private static Dictionary<string, IReadOnlyCollection<string>> WhereOf(Rollup rollup, IEnumerable<string> conditions)
    {
        var where = new Dictionary<string, IReadOnlyCollection<string>>();
        foreach (var same in conditions.Select(text => text.Split('=', 2)).GroupBy(parts => parts[0], parts => parts.Length == 2 ? parts[1] : null))
        {
            if (!rollup.Dimensions.Contains(same.Key) || same.Contains(null))
                throw CommandFaultException.Usage(
                    $"--where {same.Key}: the rollup {rollup.Name} is by {(rollup.Dimensions.Count == 0 ? "nothing" : string.Join(", ", rollup.Dimensions))}, and a condition is written dimension=value.");
            where[same.Key] = [.. same.OfType<string>()];
        }
        return where;
    }

    private static string Line(QuantileReport report, Instant? from, Instant? to)
    {
        bool isWidened = (from ?? report.From) != report.From || (to ?? report.To) != report.To;
        string range = report.From is null && report.To is null
            ? "no hour is stored"
            : $"{report.From} to {report.To}{(isWidened ? ", in whole hours" : "")}";
        string platforms = string.Join(", ", report.Platforms.Select(platform => platform.Length == 0 ? "''" : Visible.Of(platform)));
        return report.Value is { } value
            ? string.Create(
                CultureInfo.InvariantCulture, $"{value:0.###} ms is the {report.Q} quantile of {report.Count:N0} durations ({range}; {platforms})")
            : $"no durations ({range})";
    }
}
