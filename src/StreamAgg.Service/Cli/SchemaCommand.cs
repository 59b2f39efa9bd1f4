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
        foreach (EventKindNames kind in EventKinds.All)
            command.Add(Of(kind, context));
        return command;
    }

    private static Command Of(EventKindNames kind, CommandContext context)
    {
        var command = new Command(kind.Name, kind.Meaning) { VerbOptions.Json() };
        command.SetAction(_ =>
        {
            context.Configure();
            context.Terminal.Output.Write(EventSchema.Of(kind.Kind));
            return ExitCode.Done;
        });
        return command;
    }
}
