using System.CommandLine;
using System.Globalization;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Cli;

/// <summary>Any quantile of durations, over any platforms and any range of hours, from the stored digests.</summary>
internal static class QuantileCommand
{
    public static Command Create(CommandContext context)
    {
        var q = new Argument<double>("Q") { Description = "The quantile, 0 to 1: 0.99 is p99.", CustomParser = result => VerbOptions.ParseNumber(result, "Q", 0, 1) };
        var platforms = new Option<string[]>("--platform") { Description = "Only this platform; may be given several times. Default: all.", HelpName = "label" };
        platforms.Validators.Add(result =>
        {
            foreach (string label in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (PlatformLabel.FaultOf(label) is { } fault)
                    result.AddError($"--platform: {fault}");
            }
        });
        var from = VerbOptions.Time("--from", "Hours that start at or after this time. Default: the first.");
        var to = VerbOptions.Time("--to", "Hours that start before this time. Default: the last published one's end.");
        var json = VerbOptions.Json();
        var command = new Command("quantile", "Prints a quantile of the durations in milliseconds, from the stored digests.") { q, platforms, from, to, json };
        command.SetAction(async (parsed, stop) =>
        {
            var (start, end) = (parsed.GetValue(from), parsed.GetValue(to));
            if (start >= end)
                throw CommandFaultException.Usage($"--from {start} is not before --to {end}: the range is half-open.");
            await using var open = await OpenReports.OpenAsync(context.Configure(), stop);
            var report = await open.Reports.QuantileAsync(parsed.GetValue(q), parsed.GetValue(platforms) ?? [], start, end, stop);
            if (parsed.GetValue(json))
                JsonText.Print(context.Terminal.Output, report.WriteJson);
            else
                await context.Terminal.Output.WriteLineAsync(Line(report));
            return ExitCode.Done;
        });
        return command;
    }

    private static string Line(QuantileReport report)
    {
        string range = report.From is null ? "no hour is stored" : $"{report.From} to {report.To}";
        string platforms = string.Join(", ", report.Platforms.Select(platform => platform.Length == 0 ? "''" : platform));
        return report.Value is { } value
            ? string.Create(CultureInfo.InvariantCulture, $"{value:0.###} ms is the {report.Q} quantile of {report.Count:N0} durations ({range}; {platforms})")
            : $"no durations ({range})";
    }
}
