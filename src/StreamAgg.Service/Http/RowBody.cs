using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Http;

/// <summary>Rows as they go over the wire: JSON, or CSV for whoever asks for it.</summary>
internal abstract class RowBody(string contentType) : IDisposable
{
    /// <summary>A member of live rows.</summary>
    public const string Provisional = "provisional";

    public string ContentType => contentType;

    /// <summary>CSV where it is named in <c>Accept</c> and JSON is not, or is wanted less.</summary>
    public static RowBody For(HttpRequest request, RowTable table, IBufferWriter<byte> output) =>
        Of(PrefersCsv(request), table, output, isLive: false);

    /// <param name="isLive">Whether each row tells in addition if it is provisional.</param>
    public static RowBody Of(bool isCsv, RowTable table, IBufferWriter<byte> output, bool isLive) =>
        isCsv ? new CsvRows(table, output, isLive) : new JsonRows(table, output, isLive);

    public static bool PrefersCsv(HttpRequest request) =>
        Wanted(request, "text/csv") is { } csv && csv > 0 && (Wanted(request, "application/json") is not { } json || csv > json);

    public abstract void Begin();

    public abstract void Write(PublishedRow row, bool isProvisional = false);

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

    private sealed class JsonRows(RowTable table, IBufferWriter<byte> output, bool isLive) : RowBody("application/json")
    {
        private readonly Utf8JsonWriter json = new(output, JsonText.Compact);

        public override void Begin() => json.WriteStartArray();

        public override void Write(PublishedRow row, bool isProvisional)
        {
            json.WriteRow(table, row, isLive ? isProvisional : null);
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
    private sealed class CsvRows(RowTable table, IBufferWriter<byte> output, bool isLive) : RowBody("text/csv; charset=utf-8; header=present")
    {
        public override void Begin() =>
            WriteLine([table.BucketColumn, .. table.Dimensions, .. table.Figures.Select(figure => figure.Column), .. Live(Provisional)]);

        public override void Write(PublishedRow row, bool isProvisional) =>
            WriteLine([table.BucketOf(row), ..
                Rollup.Split(row.Label, table.Dimensions.Count).Select(Quoted), .. row.Values, .. Live(isProvisional ? "true" : "false")]);

        private string[] Live(string value) => isLive ? [value] : [];

        private void WriteLine(object?[] values) =>
            Encoding.UTF8.GetBytes($"{string.Join(',', values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)))}\r\n", output);

        private static string Quoted(string text) =>
            text.Length > 0 && text.IndexOfAny(['"', ',', '\r', '\n']) < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
