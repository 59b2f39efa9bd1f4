using System.CommandLine;
using StreamAgg.Service.Check;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Telemetry;

namespace StreamAgg.Service.Cli;

/// <summary>Whether <c>run</c> could do its work, and what of the log it would refuse.</summary>
internal static class CheckCommand
{
    private const int MostSampled = 100_000;

    public static Command Create(CommandContext context)
    {
        var json = VerbOptions.Json();
        var sample = VerbOptions.Count(
            "--sample", "Decodes the last so many records of each input topic, spread over its partitions, and shows what would be refused and why.", 1, MostSampled);
        var command = new Command("check",
            "Checks every precondition of run at once, and says how to mend what does not hold. Changes nothing.") { sample, json };
        command.SetAction(async (parsed, stop) =>
        {
            var settings = context.Configure();
            TelemetryVariables.Check(Environment.GetEnvironmentVariable);
            await using var servers = new CheckServers(settings);
            var lines = await CheckRun.AskAsync(Preconditions.Of(settings, servers, context.Clock), context.Clock, stop);
            List<SampleReport>? samples = parsed.GetValue(sample) is null ? null : [];
            if (parsed.GetValue(sample) is { } count && lines.Any(line => line is { Name: KafkaChecks.Server, Finding.IsThere: true }))
                foreach (string topic in settings.Topics.All)
                    samples!.Add(await SampleReport.OfAsync(settings, servers.Tail, topic, (int)count, stop));
            var report = new CheckReport(lines, samples);
            context.Terminal.Show(parsed.GetValue(json), report.WriteJson, report.Write);
            return report.Fault is { } fault ? throw CommandFaultException.Dependency(fault) : ExitCode.Done;
        });
        return command;
    }
}
