using System.Text.Json;
using StreamAgg.Core.Events;

namespace StreamAgg.Service.Generate;

/// <summary>A file with one event a line, as it would be in a record's value.</summary>
internal static class EventFile
{
    private static readonly string[] ErrorFields = ["status_code", "error_type", "error_message", "is_timeout"];

    /// <summary>What the line is, by its fields: one that only an error event has makes it an error. What is not an object is usage.</summary>
    /// <remarks>Nothing is judged here: a line that is no event at all is sent too, for the pipeline to refuse.</remarks>
    public static EventKind KindOf(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object && ErrorFields.Any(name => document.RootElement.TryGetProperty(name, out _))
                ? EventKind.Error
                : EventKind.Usage;
        }
        catch (JsonException)
        {
            return EventKind.Usage;
        }
    }
}
