using System.CommandLine;
using StreamAgg.Service.Output;
using StreamAgg.Service.Run;

namespace StreamAgg.Service.Cli;

/// <summary>The service.</summary>
internal static class RunCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("run", "Runs the service: consumes, checkpoints, publishes, serves HTTP, until SIGTERM or Ctrl+C.");
        command.SetAction(async (_, stop) =>
        {
            var settings = context.Configure(out var configuration);
            using var loggers = ProcessLog.Create(configuration, context.Clock, isQuiet: false);
            await new ServiceRun(settings, loggers, context.Clock).RunAsync(stop);
            return ExitCode.Done;
        });
        return command;
    }
}
