using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http;

/// <summary>Rows as they go over the wire: JSON, or CSV for whoever asks for it.</summary>
internal abstract class RowBody(string contentType) : IDisposable
{
    public string ContentType => contentType;

    /// <summary>CSV where it is named in <c>Accept</c> and JSON is not, or is wanted less.</summary>
    public static RowBody For(HttpRequest request, string bucketColumn, IBufferWriter<byte> output) =>
        Wanted(request, "text/csv") is { } csv && csv > 0 && (Wanted(request, "application/json") is not { } json || csv > json)
            ? new CsvRows(bucketColumn, output)
            : new JsonRows(bucketColumn, output);

    public abstract void Begin();

    public abstract void Write(IReadOnlyList<MetricRow> rows);

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

    private sealed class JsonRows(string bucketColumn, IBufferWriter<byte> output) : RowBody("application/json")
    {
        private readonly Utf8JsonWriter json = new(output, JsonText.Compact);

        public override void Begin() => json.WriteStartArray();

        public override void Write(IReadOnlyList<MetricRow> rows)
        {
            foreach (var row in rows)
                row.WriteJson(json, bucketColumn);
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
    private sealed class CsvRows(string bucketColumn, IBufferWriter<byte> output) : RowBody("text/csv; charset=utf-8; header=present")
    {
        private const string Columns =
            "platform,request_count,success_count,error_count,error_4xx_count,error_5xx_count,timeout_count,avg_latency_ms,p99_latency_ms,error_rate,computed_at";

        public override void Begin() => Encoding.UTF8.GetBytes($"{bucketColumn},{Columns}\r\n", output);

        public override void Write(IReadOnlyList<MetricRow> rows)
        {
            foreach (var (bucket, platform, f) in rows)
            {
                Encoding.UTF8.GetBytes(
                    string.Create(CultureInfo.InvariantCulture,
                        $"{bucket},{Quoted(platform)},{f.RequestCount},{f.SuccessCount},{f.ErrorCount},{f.Error4xxCount},{f.Error5xxCount},{f.TimeoutCount},{f.AvgLatencyMs},{f.P99LatencyMs},{f.ErrorRate},{f.ComputedAt}\r\n"),
                    output);
            }
        }

        private static string Quoted(string text) =>
            text.Length > 0 && text.IndexOfAny(['"', ',', '\r', '\n']) < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
