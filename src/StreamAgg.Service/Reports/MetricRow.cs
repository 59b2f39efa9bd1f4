using System.Text.Json;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Reports;

/// <summary>One row of <c>ops_metrics_hourly</c> or <c>ops_metrics_daily</c>.</summary>
/// <remarks>The bucket is the key's first column as JSON shows it: a time for an hour, a date for a day.</remarks>
internal sealed record MetricRow(string Bucket, string Platform, RowFigures Figures)
{
    /// <summary>An object, members named as the columns.</summary>
    public void WriteJson(Utf8JsonWriter json, string bucketColumn)
    {
        json.WriteStartObject();
        json.WriteString(bucketColumn, Bucket);
        json.WriteString("platform", Platform);
        json.WriteNumber("request_count", Figures.RequestCount);
        json.WriteNumber("success_count", Figures.SuccessCount);
        json.WriteNumber("error_count", Figures.ErrorCount);
        json.WriteNumber("error_4xx_count", Figures.Error4xxCount);
        json.WriteNumber("error_5xx_count", Figures.Error5xxCount);
        json.WriteNumber("timeout_count", Figures.TimeoutCount);
        json.WriteNumberOrNull("avg_latency_ms", Figures.AvgLatencyMs);
        json.WriteNumberOrNull("p99_latency_ms", Figures.P99LatencyMs);
        json.WriteNumberOrNull("error_rate", Figures.ErrorRate);
        json.WriteString("computed_at", Figures.ComputedAt.ToString());
        json.WriteEndObject();
    }
}
