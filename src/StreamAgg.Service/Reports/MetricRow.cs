using System.Text.Json;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Reports;

/// <summary>One row of <c>ops_metrics_hourly</c> or <c>ops_metrics_daily</c>.</summary>
/// <remarks>The bucket is the key's first column as JSON shows it: a time for an hour, a date for a day.</remarks>
internal sealed record MetricRow(string Bucket, string Platform, RowFigures Figures)
{
    /// <summary>An array of objects, members named as the columns.</summary>
    public static void WriteJson(Utf8JsonWriter json, string bucketColumn, IEnumerable<MetricRow> rows)
    {
        json.WriteStartArray();
        foreach (var row in rows)
        {
            var figures = row.Figures;
            json.WriteStartObject();
            json.WriteString(bucketColumn, row.Bucket);
            json.WriteString("platform", row.Platform);
            json.WriteNumber("request_count", figures.RequestCount);
            json.WriteNumber("success_count", figures.SuccessCount);
            json.WriteNumber("error_count", figures.ErrorCount);
            json.WriteNumber("error_4xx_count", figures.Error4xxCount);
            json.WriteNumber("error_5xx_count", figures.Error5xxCount);
            json.WriteNumber("timeout_count", figures.TimeoutCount);
            json.WriteNumberOrNull("avg_latency_ms", figures.AvgLatencyMs);
            json.WriteNumberOrNull("p99_latency_ms", figures.P99LatencyMs);
            json.WriteNumberOrNull("error_rate", figures.ErrorRate);
            json.WriteString("computed_at", figures.ComputedAt.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
