using System.CommandLine;
using StreamAgg.Service.Demo;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Cli;

/// <summary>The whole job on this machine alone, judged at its end.</summary>
internal static class DemoCommand
{
    public static Command Create(CommandContext context)
    {
        var seconds = VerbOptions.Number("--seconds", "How long events are produced; 0: until Ctrl+C.", DemoOptions.DefaultSeconds, 0, 86_400);
        var rate = VerbOptions.Number("--rate", "Events a second.", DemoOptions.DefaultEventsPerSecond, 1, 200_000);
        var speed = VerbOptions.Number("--speed", "Event time per wall time; 7200 plays a day in 12 seconds.", DemoOptions.DefaultSpeed, 1, 86_400);
        var seed = VerbOptions.Seed();
        var json = VerbOptions.Json();
        var command = new Command(
            "demo", "Plays days of a gateway on an embedded broker and an embedded PostgreSQL, and compares the tables with what was produced.")
        { seconds, rate, speed, seed, json };
        command.SetAction(async (parsed, stop) =>
        {
            double wall = parsed.GetValue(seconds);
            var options = new DemoOptions(
                wall == 0 ? null : TimeSpan.FromSeconds(wall), parsed.GetValue(rate), parsed.GetValue(speed), (ulong)(parsed.GetValue(seed) ?? 1));
            var settings = context.Configure(out var configuration);
            using var loggers = ProcessLog.Create(configuration, context.Clock, isQuiet: true);
            IDemoView view = parsed.GetValue(json) ? new SilentDemoView()
                : context.Terminal.IsWatched ? new LiveDemoView(context.Terminal.Canvas)
                : new PlainDemoView(context.Terminal.Output);
            var outcome = await new DemoRun(settings, options, view, loggers, context.Clock).RunAsync(stop);
            if (parsed.GetValue(json))
                JsonText.Print(context.Terminal.Output, outcome.WriteJson);
            foreach (string difference in outcome.Differences)
                await context.Terminal.Error.WriteLineAsync($"streamagg: {difference}");
            return outcome.Differences.Count == 0 ? ExitCode.Done : ExitCode.Differences;
        });
        return command;
    }
}
