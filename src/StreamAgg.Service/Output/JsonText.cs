using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;

namespace StreamAgg.Service.Output;

/// <summary>JSON as every verb and every answer writes it.</summary>
internal static class JsonText
{
    // Labels are shown as they are; nothing written here is ever read as markup.
    public static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = Compact with { Indented = true, NewLine = "\n" };

    /// <summary>The document's bytes, for a body.</summary>
    public static ReadOnlyMemory<byte> Encode(Action<Utf8JsonWriter> write) => Encode(write, Compact);

    /// <summary>The document for a person or a program at the end of a pipe, and a line's end.</summary>
    public static void Print(TextWriter output, Action<Utf8JsonWriter> write) =>
        output.WriteLine(System.Text.Encoding.UTF8.GetString(Encode(write, Indented).Span));

    /// <summary>An array of objects, written one by one: however many there are, one is in memory.</summary>
    public static async Task PrintArrayAsync<T>(TextWriter output, IAsyncEnumerable<T> items, Action<Utf8JsonWriter, T> writeMembers)
    {
        // The bracket waits for the first item: until then nothing can be said of a fault but the fault.
        string before = "[\n";
        await foreach (var item in items)
        {
            await output.WriteAsync(before);
            await output.WriteAsync(System.Text.Encoding.UTF8.GetString(Encode(json =>
            {
                json.WriteStartObject();
                writeMembers(json, item);
                json.WriteEndObject();
            }, Compact).Span));
            before = ",\n";
        }

        await output.WriteLineAsync(before[0] == '[' ? "[]" : "\n]");
    }

    /// <summary>A number, a time as text, or null; of nothing else.</summary>
    /// <exception cref="ArgumentException">The value is of another type: an <see cref="int"/> would else be told as text.</exception>
    public static void WriteOrNull(this Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case long whole:
                json.WriteNumber(name, whole);
                break;
            case decimal exact:
                json.WriteNumber(name, exact);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            // JSON has no NaN and no infinity.
            case null or double:
                json.WriteNull(name);
                break;
            case Instant time:
                json.WriteString(name, time.ToString());
                break;
            default:
                throw new ArgumentException($"{name} is a {value.GetType().Name}, neither a number nor a time.", nameof(value));
        }
    }

    /// <summary>An object, members named as the row's columns.</summary>
    /// <param name="isProvisional">Null where that is not to be told.</param>
    public static void WriteRow(this Utf8JsonWriter json, RowTable table, PublishedRow row, bool? isProvisional = null)
    {
        json.WriteStartObject();
        json.WriteString(table.BucketColumn, table.BucketOf(row));
        foreach (var (dimension, value) in table.Dimensions.Zip(Rollup.Split(row.Label, table.Dimensions.Count)))
            json.WriteString(dimension, value);
        foreach (var (figure, value) in table.Figures.Zip(row.Values))
            json.WriteOrNull(figure.Column, value);
        if (isProvisional is { } provisional)
            json.WriteBoolean("provisional", provisional);
        json.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Encode(Action<Utf8JsonWriter> write, JsonWriterOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, options))
            write(writer);
        return buffer.WrittenMemory;
    }
}
