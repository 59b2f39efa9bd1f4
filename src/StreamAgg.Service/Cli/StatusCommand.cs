using System.CommandLine;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Cli;

/// <summary>How far the pipeline is.</summary>
internal static class StatusCommand
{
    public static Command Create(CommandContext context)
    {
        var json = VerbOptions.Json();
        var command = new Command("status", "Shows partitions (owner, next offset, lag, watermark), open and dirty hours, gaps, rows kept.") { json };
        command.SetAction(async (parsed, stop) =>
        {
            await using var open = await OpenReports.OpenAsync(context.Configure(), stop);
            var status = await open.Reports.StatusAsync(stop);
            if (parsed.GetValue(json))
                JsonText.Print(context.Terminal.Output, status.WriteJson);
            else
                StatusText.Write(context.Terminal.Output, status);
            return ExitCode.Done;
        });
        return command;
    }
}
