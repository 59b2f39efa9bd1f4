using Npgsql;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Both published tables, read as any client would.</summary>
internal sealed record PublishedTables(IReadOnlyList<MetricRow> Hourly, IReadOnlyList<MetricRow> Daily)
{
    private const string Columns =
        "platform, request_count, success_count, error_count, error_4xx_count, error_5xx_count, timeout_count, avg_latency_ms, p99_latency_ms, error_rate, computed_at";

    public static async Task<PublishedTables> ReadAsync(NpgsqlDataSource database, string schema) => new(
        await RowsAsync(database, $"SELECT bucket_start AT TIME ZONE 'UTC', {Columns} FROM \"{schema}\".ops_metrics_hourly ORDER BY 1, 2"),
        await RowsAsync(database, $"SELECT bucket_date::timestamp, {Columns} FROM \"{schema}\".ops_metrics_daily ORDER BY 1, 2"));

    private static async Task<IReadOnlyList<MetricRow>> RowsAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<MetricRow>();
        while (await reader.ReadAsync())
        {
            rows.Add(new MetricRow(
                DateTime.SpecifyKind(reader.GetDateTime(0), DateTimeKind.Utc),
                reader.GetString(1),
                reader.GetInt64(2),
                reader.GetInt64(3),
                reader.GetInt64(4),
                reader.GetInt64(5),
                reader.GetInt64(6),
                reader.GetInt64(7),
                reader.IsDBNull(8) ? null : reader.GetDouble(8),
                reader.IsDBNull(9) ? null : reader.GetDouble(9),
                reader.GetDouble(10),
                reader.GetDateTime(11)));
        }

        return rows;
    }
}
