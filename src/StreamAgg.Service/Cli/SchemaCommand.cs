using System.CommandLine;
using StreamAgg.Core.Events;
using StreamAgg.Service.Faults;

namespace StreamAgg.Service.Cli;

/// <summary>Prints the JSON Schema of an event.</summary>
internal static class SchemaCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("schema", "Prints the JSON Schema of an event.");
        command.Add(Of("usage", EventKind.Usage, "A request that succeeded.", context));
        command.Add(Of("error", EventKind.Error, "A request that failed.", context));
        return command;
    }

    private static Command Of(string name, EventKind kind, string description, CommandContext context)
    {
        var command = new Command(name, description) { VerbOptions.Json() };
        command.SetAction(_ =>
        {
            context.Configure();
            context.Terminal.Output.Write(EventSchema.Of(kind));
            return ExitCode.Done;
        });
        return command;
    }
}
