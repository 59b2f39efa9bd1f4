using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamAgg.Core.Aggregation;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Http;

/// <summary>Rows as they go over the wire: JSON, or CSV for whoever asks for it.</summary>
internal abstract class RowBody(string contentType) : IDisposable
{
    public string ContentType => contentType;

    /// <summary>CSV where it is named in <c>Accept</c> and JSON is not, or is wanted less.</summary>
    public static RowBody For(HttpRequest request, RowTable table, IBufferWriter<byte> output) =>
        Wanted(request, "text/csv") is { } csv && csv > 0 && (Wanted(request, "application/json") is not { } json || csv > json)
            ? new CsvRows(table, output)
            : new JsonRows(table, output);

    public abstract void Begin();

    public abstract void Write(IReadOnlyList<PublishedRow> rows);

    /// <summary>Once, after the last page.</summary>
    public virtual void End()
    {
    }

    public virtual void Dispose()
    {
    }

    private static double? Wanted(HttpRequest request, string type) =>
        request.GetTypedHeaders().Accept.FirstOrDefault(range => range.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)) is { } named
            ? named.Quality ?? 1
            : null;

    private sealed class JsonRows(RowTable table, IBufferWriter<byte> output) : RowBody("application/json")
    {
        private readonly Utf8JsonWriter json = new(output, JsonText.Compact);

        public override void Begin() => json.WriteStartArray();

        public override void Write(IReadOnlyList<PublishedRow> rows)
        {
            foreach (var row in rows)
                json.WriteRow(table, row);
            json.Flush();
        }

        public override void End()
        {
            json.WriteEndArray();
            json.Flush();
        }

        public override void Dispose()
        {
            json.Dispose();
            base.Dispose();
        }
    }

    /// <summary>RFC 4180; what is null is nothing between two commas, the empty label is two quotation marks.</summary>
    private sealed class CsvRows(RowTable table, IBufferWriter<byte> output) : RowBody("text/csv; charset=utf-8; header=present")
    {
        public override void Begin() => WriteLine([table.BucketColumn, "platform", .. Figures.All.Select(figure => figure.Column)]);

        public override void Write(IReadOnlyList<PublishedRow> rows)
        {
            foreach (var row in rows)
                WriteLine([table.BucketOf(row), Quoted(row.Platform), .. row.Values]);
        }

        private void WriteLine(object?[] values) =>
            Encoding.UTF8.GetBytes($"{string.Join(',', values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)))}\r\n", output);

        private static string Quoted(string text) =>
            text.Length > 0 && text.IndexOfAny(['"', ',', '\r', '\n']) < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
