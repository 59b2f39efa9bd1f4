using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using StreamAgg.Pipeline.Options;

namespace StreamAgg.Service.Output;

/// <summary>One line an event: UTC time, level, message. A stack follows only where a critical fault was not foreseen.</summary>
internal sealed class LineLogFormatter(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.WriteLine($"{clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {LevelName(logEntry.LogLevel)} {MessageOf(logEntry)}");
        if (logEntry is { LogLevel: LogLevel.Critical, Exception: not null })
            textWriter.WriteLine(Secrets.Hide(logEntry.Exception.ToString()));
    }

    /// <summary>The message as one line, with the exception where it says something new, and without secrets.</summary>
    public static string MessageOf<TState>(in LogEntry<TState> entry)
    {
        string message = OneLine.Of(entry.Formatter(entry.State, entry.Exception));
        if (entry.Exception is { } exception && !message.Contains(OneLine.Of(exception.Message), StringComparison.Ordinal))
            message = $"{message} ({exception.GetType().Name}: {OneLine.Of(exception)})";
        return Secrets.Hide(message);
    }

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warn ",
        _ => "error",
    };
}
