using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using StreamAgg.Core.Events;

namespace StreamAgg.Service.Generate;

/// <summary>A file with one event a line, as it would be in a record's value.</summary>
internal static class EventFile
{
    private static readonly string[] ErrorFields = [.. EventFields.All.Where(field => field.Kind == EventKind.Error).Select(field => field.Name)];

    /// <summary>The lines as they are, byte by byte, but for the line's end and a byte order mark at the file's beginning.</summary>
    /// <returns>Each with how many bytes of the file are read then. Empty ones too.</returns>
    public static async IAsyncEnumerable<(byte[] Line, long BytesDone)> LinesAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        var reader = PipeReader.Create(file);
        long bytesDone = 0;
        while (true)
        {
            var result = await reader.ReadAsync(cancellation);
            var rest = result.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, end);
                rest = rest.Slice(rest.GetPosition(1, end));
                bool isFirst = bytesDone == 0;
                bytesDone += line.Length + 1;
                yield return (BytesOf(line, isFirst), bytesDone);
            }

            if (result.IsCompleted)
            {
                if (rest.Length > 0)
                    yield return (BytesOf(rest, isFirst: bytesDone == 0), bytesDone + rest.Length);
                yield break;
            }

            // What has no end yet is kept, and not looked at again before there is more.
            reader.AdvanceTo(rest.Start, rest.End);
        }
    }

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

    private static byte[] BytesOf(ReadOnlySequence<byte> line, bool isFirst)
    {
        byte[] bytes = line.ToArray();
        int start = isFirst && bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        int end = bytes.Length > start && bytes[^1] == '\r' ? bytes.Length - 1 : bytes.Length;
        return start == 0 && end == bytes.Length ? bytes : bytes[start..end];
    }
}
