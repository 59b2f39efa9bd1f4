using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using StreamAgg.Pipeline.Options;

namespace StreamAgg.Service.Output;

/// <summary>One JSON object a line, with the names of ASP.NET Core's own; chosen by <c>Logging:Console:FormatterName</c>.</summary>
/// <remarks>Secrets are hidden before anything is escaped: afterwards their form would not be known any more.</remarks>
internal sealed class JsonLogFormatter(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = ConsoleFormatterNames.Json;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("Timestamp", clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null));
            json.WriteNumber("EventId", logEntry.EventId.Id);
            json.WriteString("LogLevel", logEntry.LogLevel.ToString());
            json.WriteString("Category", logEntry.Category);
            json.WriteString("Message", LineLogFormatter.MessageOf(logEntry));
            if (logEntry is { LogLevel: LogLevel.Critical, Exception: not null })
                json.WriteString("Exception", Secrets.Hide(logEntry.Exception.ToString()));
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }
}
