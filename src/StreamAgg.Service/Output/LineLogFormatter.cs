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
        string message = OneLine.Of(logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is { } exception && !message.Contains(OneLine.Of(exception.Message), StringComparison.Ordinal))
            message = $"{message} ({exception.GetType().Name}: {OneLine.Of(exception)})";
        textWriter.WriteLine($"{clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {LevelName(logEntry.LogLevel)} {Secrets.Hide(message)}");
        if (logEntry is { LogLevel: LogLevel.Critical, Exception: not null })
            textWriter.WriteLine(Secrets.Hide(logEntry.Exception.ToString()));
    }

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warn ",
        _ => "error",
    };
}
