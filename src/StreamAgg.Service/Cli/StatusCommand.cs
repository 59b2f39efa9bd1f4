using System.CommandLine;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Cli;

/// <summary>How far the pipeline is, and whether that is far enough.</summary>
internal static class StatusCommand
{
    public static Command Create(CommandContext context)
    {
        var json = VerbOptions.Json();
        var failOn = FailOn.Option();
        var command = new Command(
            "status", "Shows partitions (owner, next offset, lag, watermark), open and dirty hours, gaps, rows kept, refused events.")
        {
            json, failOn,
        };
        command.SetAction(async (parsed, stop) =>
        {
            await using var open = await OpenReports.OpenAsync(context.Configure(), stop);
            var status = await open.Reports.StatusAsync(stop);
            context.Terminal.Show(parsed.GetValue(json), status.WriteJson, output => StatusText.Write(output, status));
            var failures = parsed.GetValue(failOn)?.FailuresOf(status).ToList() ?? [];
            return failures.Count > 0 ? throw new CommandFaultException(ExitCode.Differences, failures) : ExitCode.Done;
        });
        return command;
    }
}
