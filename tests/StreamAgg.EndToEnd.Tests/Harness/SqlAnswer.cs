using Npgsql;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>PostgreSQL's own answer over the raw events, row by row against the published tables.</summary>
internal static class SqlAnswer
{
    /// <summary>The contract's reading of the raw events in plain SQL; {0} is what a bucket is, {1} where its rows are.</summary>
    private const string Comparison =
        """
        WITH event AS (
          SELECT is_error, date_trunc('{0}', (line->>'created_at')::timestamptz AT TIME ZONE 'UTC') AS bucket,
            coalesce(nullif(line->>'platform', ''), nullif(line->>'group_platform', ''), nullif(line->>'account_platform', ''), '') AS platform,
            CASE WHEN NOT is_error THEN round((line->>'duration_ms')::numeric * 1000) END AS micros,
            (line->>'status_code')::int AS status,
            is_error AND coalesce((line->>'is_timeout')::boolean, line->>'status_code' IN ('408', '504') OR line->>'error_type' ~* 'timeout|timed_?out'
              OR line->>'error_message' ~* 'timeout|timed[_ ]?out|deadline exceeded', false) AS is_timeout
          FROM raw_event
        ), exact AS (
          SELECT bucket, platform, count(*) AS request_count, count(*) FILTER (WHERE NOT is_error) AS success_count,
            count(*) FILTER (WHERE is_error) AS error_count, count(*) FILTER (WHERE is_error AND status BETWEEN 400 AND 499) AS error_4xx_count,
            count(*) FILTER (WHERE is_error AND status >= 500) AS error_5xx_count, count(*) FILTER (WHERE is_timeout) AS timeout_count,
            (sum(micros)::numeric(60, 30) / nullif(count(micros), 0) / 1000)::double precision AS avg_latency_ms,
            percentile_cont(0.99) WITHIN GROUP (ORDER BY micros::double precision) / 1000 AS p99_latency_ms,
            100.0::double precision * count(*) FILTER (WHERE is_error) / count(*) AS error_rate
          FROM event GROUP BY 1, 2
        )
        SELECT count(*) FILTER (WHERE e.platform IS NOT NULL), count(*) FILTER (WHERE r.platform IS NULL OR e.platform IS NULL
          OR (r.request_count, r.success_count, r.error_count, r.error_4xx_count, r.error_5xx_count, r.timeout_count, r.avg_latency_ms, r.error_rate)
            IS DISTINCT FROM (e.request_count, e.success_count, e.error_count, e.error_4xx_count, e.error_5xx_count, e.timeout_count, e.avg_latency_ms, e.error_rate)
          OR (r.p99_latency_ms IS NULL) <> (e.p99_latency_ms IS NULL) OR abs(r.p99_latency_ms - e.p99_latency_ms) > 1e-12 * e.p99_latency_ms)
        FROM exact e FULL JOIN (SELECT {1} AS at, * FROM ops_metrics_{2}) r ON r.at = e.bucket AND r.platform = e.platform
        """;

    public static Task CreateAsync(Deployment deployment) => deployment.ExecuteAsync("CREATE TABLE raw_event (is_error boolean, line jsonb)");

    /// <param name="deployment">Whose database.</param>
    /// <param name="isError">Of the error topic.</param>
    /// <param name="lines">An event each.</param>
    public static async Task AddAsync(Deployment deployment, bool isError, string[] lines)
    {
        await using var command = deployment.Database.CreateCommand("INSERT INTO raw_event SELECT $1, unnest($2)::jsonb");
        command.Parameters.AddWithValue(isError);
        command.Parameters.AddWithValue(lines);
        await command.ExecuteNonQueryAsync();
    }

    public static Task<(long Rows, long Differences)> CompareHoursAsync(Deployment deployment) =>
        CompareAsync(deployment, "hour", "bucket_start AT TIME ZONE 'UTC'", "hourly");

    public static Task<(long Rows, long Differences)> CompareDaysAsync(Deployment deployment) =>
        CompareAsync(deployment, "day", "bucket_date::timestamp", "daily");

    private static async Task<(long Rows, long Differences)> CompareAsync(Deployment deployment, string unit, string bucket, string table)
    {
        await using NpgsqlCommand command = deployment.Database.CreateCommand(
            Comparison.Replace("{0}", unit, StringComparison.Ordinal).Replace("{1}", bucket, StringComparison.Ordinal).Replace("{2}", table, StringComparison.Ordinal));
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
