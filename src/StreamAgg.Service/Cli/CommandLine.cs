using System.CommandLine;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Cli;

/// <summary>From the process's arguments to its exit code.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        using var signals = new StopSignals();
        try
        {
            var split = SettingArguments.Split(arguments);
            var context = new CommandContext(split.Settings, signals);
            // No response files: an argument that starts with @ is an argument.
            var parsed = CommandTree.Create(context).Parse(split.Rest, new ParserConfiguration { ResponseFileTokenReplacer = null });
            RefuseWrongUsage(parsed);
            // Signals and exceptions are handled here; the parser's own handlers would end the process after two seconds, with their exit codes.
            var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(invocation, signals.Stop);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return FaultText.Write(CommandFaultException.Dependency("Stopped before it was done."), Console.Error);
        }
        catch (Exception exception)
        {
            return FaultText.Write(exception, Console.Error);
        }
    }

    private static void RefuseWrongUsage(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0)
            return;
        var path = new List<string>();
        for (var command = parsed.CommandResult; command is not null; command = command.Parent as System.CommandLine.Parsing.CommandResult)
            path.Insert(0, command.Command is RootCommand ? CommandTree.Name : command.Command.Name);
        string help = $" See {string.Join(' ', path)} --help.";
        var verbs = parsed.CommandResult.Command.Subcommands;
        string? stray = parsed.UnmatchedTokens.Count > 0 ? Shown(parsed.UnmatchedTokens[0]) : null;
        if (verbs.Count == 0)
            throw CommandFaultException.Usage((stray is null ? OneLine.Of(parsed.Errors[0].Message) : $"{stray} is not known here.") + help);
        string known = string.Join(", ", verbs.Select(verb => verb.Name));
        throw CommandFaultException.Usage(stray is null ? $"Name what to do: {known}.{help}" : $"{stray} is none of: {known}.{help}");
    }

    /// <summary>An argument that nobody knows may be a setting with a wrong name, or a piece that the shell has cut: without its value.</summary>
    private static string Shown(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string name = OneLine.Of(equals < 0 ? argument : argument[..equals]);
        return Secrets.MayHold("", name) ? "An argument that looks like a login" : $"'{name}'";
    }
}
