using System.CommandLine;
using System.Globalization;
using StreamAgg.Core.Time;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Recounts;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Cli;

/// <summary>Counts hours again from the log.</summary>
internal static class RebuildCommand
{
    public static Command Create(CommandContext context)
    {
        var from = VerbOptions.Time("--from", "The first hour; a time within one stands for all of it.");
        from.Required = true;
        var to = VerbOptions.Time("--to", "Up to this time; an hour that it lies in is rebuilt, too.");
        to.Required = true;
        var command = new Command("rebuild",
            "Counts a range of hours again from the topics, beside the running service, and puts the result in their place at once.") { from, to };
        command.SetAction(async (parsed, stop) =>
        {
            var settings = context.Configure();
            (Hour first, Hour end) = VerbOptions.HoursOf(parsed.GetValue(from)!.Value, parsed.GetValue(to)!.Value);
            await using var open = await OpenServers.OpenAsync(settings, stop);
            (long events, int rows) = await new RebuildRun(open, context.Terminal, context.Clock).RunAsync(first, end, stop);
            await context.Terminal.Output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"rebuilt {first} to {end}: {events:#,0} events, {rows:#,0} rows written or deleted"));
            return ExitCode.Done;
        });
        return command;
    }
}
