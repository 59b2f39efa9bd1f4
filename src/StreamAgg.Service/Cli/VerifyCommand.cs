using System.CommandLine;
using StreamAgg.Postgres.Raw;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Recounts;
using StreamAgg.Service.Reports;
using StreamAgg.Service.Telemetry;

namespace StreamAgg.Service.Cli;

/// <summary>Holds the tables against an exact recount.</summary>
internal static class VerifyCommand
{
    public static Command Create(CommandContext context)
    {
        var against = new Option<string>("--against")
        {
            Description = "What is counted: the gateway's raw tables, or the topics.",
            HelpName = "raw|log",
            Required = true,
        };
        against.AcceptOnlyFromAmong("raw", "log");
        var from = VerbOptions.Time("--from",
            "The first hour; a time within one stands for all of it. Default: the first that anything was counted in.");
        var to = VerbOptions.Time("--to", "Up to this time. Default: all hours that are closed.");
        var every = VerbOptions.Period("--every", "Keeps watch: once in so long, until it is stopped.");
        var where = BackfillCommand.Where();
        var json = VerbOptions.Json();
        var command = new Command("verify", "Compares the tables with an exact recount. Exit code 4 where they differ.")
        {
            against, from, to, where, every, json,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var settings = context.Configure();
            TelemetryVariables.Check(Environment.GetEnvironmentVariable);
            await using var open = await OpenServers.OpenAsync(settings, stop);
            string[] conditions = parsed.GetValue(where) ?? [];
            bool isRaw = parsed.GetRequiredValue(against) == "raw";
            if (!isRaw && conditions.Length > 0)
                throw CommandFaultException.Usage("--where is a condition for raw rows: it goes with --against raw.");
            var run = new VerifyRun(open, snapshot => isRaw
                ? RawSource.OpenAsync(open, RawFilter.Of(conditions), context.Terminal, context.Clock, stop)
                : LogSource.OpenAsync(open, snapshot, context.Terminal, context.Clock, stop));
            var range = new VerifyRange(parsed.GetValue(from), parsed.GetValue(to));
            var watch = new VerifyWatch(settings, run, range, context.Terminal, context.Clock, parsed.GetValue(json));
            return await watch.RunAsync(parsed.GetValue(every), stop) ? ExitCode.Done : ExitCode.Differences;
        });
        return command;
    }
}
