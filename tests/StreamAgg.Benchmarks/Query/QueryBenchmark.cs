using System.Diagnostics;
using System.Globalization;
using Npgsql;
using StreamAgg.Benchmarks.Reporting;
using StreamAgg.Digests;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Benchmarks.Query;

/// <summary>
/// A dashboard's panel (requests and p99 by hour and platform, a day of it) from ten million raw rows, as a batch job or a view computes it, and from
/// the rows that are kept; a day's p99 in the three ways that people compute it; and how long the quantiles of long ranges take.
/// </summary>
internal static class QueryBenchmark
{
    private const int Rows = 10_000_000;
    private const int Readings = 5;
    private const double LeastRatio = 1000;

    // More by day than by night, and an hour at night in which everything is slow: what a mean of hours makes of that is the point.
    private const string Fill =
        """
        SELECT setseed(0.5);
        CREATE UNLOGGED TABLE usage_logs AS
        SELECT timestamptz '2026-01-05Z' + ((i::float8 / $rows + 0.12 * sin(2 * pi() * i::float8 / $rows)) * 86400 * interval '1 second') AS created_at,
               'platform ' || i % 5 AS platform,
               exp(7 + 0.8 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) * CASE WHEN i BETWEEN $rows * 0.03 AND $rows * 0.05 THEN 8 ELSE 1 END AS duration_ms
        FROM generate_series(0, $rows - 1) AS i;
        CREATE INDEX ON usage_logs (created_at);
        ANALYZE usage_logs;
        """;

    private const string FromRaw =
        """
        SELECT date_trunc('hour', created_at, 'UTC') AS bucket_start, platform, count(*) AS request_count,
               percentile_cont(0.99) WITHIN GROUP (ORDER BY duration_ms) AS p99_latency_ms
        FROM usage_logs WHERE created_at >= '2026-01-05Z' AND created_at < '2026-01-06Z' GROUP BY 1, 2
        """;

    private const string FromRowsKept = "SELECT * FROM hourly WHERE bucket_start >= '2026-01-05Z' AND bucket_start < '2026-01-06Z'";

    public static async Task RunAsync(Report report)
    {
        await using var server = await EmbeddedPostgres.CreateAsync(new EmbeddedPostgresOptions
        {
            CommandTimeout = TimeSpan.FromMinutes(10),
            // One process, so that its CPU is all of it, with as much memory to sort in as a batch job is given.
            Settings = new Dictionary<string, string> { ["max_parallel_workers_per_gather"] = "0", ["work_mem"] = "1GB", ["max_wal_size"] = "4GB" },
        });
        await using var database = new NpgsqlDataSourceBuilder(server.ConnectionString() + ";Command Timeout=600").Build();
        await using var connection = await database.OpenConnectionAsync();
        report.Setting($"a day of {Rows:#,0} raw rows, 5 platforms; PostgreSQL {await ScalarAsync(connection, "SHOW server_version")}");
        report.Section("Requests and p99 by hour and platform of that day");
        await ExecuteAsync(connection, Fill.Replace("$rows", Rows.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));

        int backend = (int)(await ScalarAsync(connection, "SELECT pg_backend_pid()"))!;
        TimeSpan cpu = Process.GetProcessById(backend).TotalProcessorTime;
        List<double> raw = [], kept = [];
        for (int i = 0; i < Readings; i++)
            raw.Add(await TimeAsync(connection, FromRaw));
        cpu = Process.GetProcessById(backend).TotalProcessorTime - cpu;
        await ExecuteAsync(connection, $"CREATE TABLE hourly AS {FromRaw}; ALTER TABLE hourly ADD PRIMARY KEY (bucket_start, platform); ANALYZE hourly");
        await TimeAsync(connection, FromRowsKept);
        for (int i = 0; i < Readings; i++)
            kept.Add(await TimeAsync(connection, FromRowsKept));
        report.Ratio("from the rows that are kept / from the raw rows", kept, raw, Goal.AtMost(1 / LeastRatio));
        report.Add("percentile_cont and GROUP BY over the raw rows", raw, "ms");
        report.Add("  of which the server's CPU, a reading", cpu.TotalSeconds / Readings, "s");
        report.Add("the same panel from the rows that are kept", kept, "ms");
        await CompareDayAsync(report, connection);
        await new Migrator(database, new PostgresOptions()).MigrateAsync(isDryRun: false, CancellationToken.None);
        await QuantileBenchmark.RunAsync(report, database);
    }

    private static async Task CompareDayAsync(Report report, NpgsqlConnection connection)
    {
        double exact = (double)(await ScalarAsync(connection, "SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY duration_ms) FROM usage_logs"))!;
        double mean = (double)(await ScalarAsync(connection, "SELECT avg(p99_latency_ms) FROM hourly"))!;
        double most = (double)(await ScalarAsync(connection, "SELECT max(p99_latency_ms) FROM hourly"))!;
        var hours = Enumerable.Range(0, 24).Select(_ => new TDigest(100)).ToArray();
        await using (var command = new NpgsqlCommand("SELECT extract(hour FROM created_at AT TIME ZONE 'UTC')::int, duration_ms FROM usage_logs", connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                hours[reader.GetInt32(0)].Add(reader.GetDouble(1));
        }

        double merged = TDigest.Merge(hours, 100).Quantile(0.99);
        report.Section("The day's p99");
        report.Add("percentile_cont over the day's raw rows", exact, "ms");
        Compare("merged from the hours' digests", merged);
        Compare("the mean of the hours' p99s", mean);
        Compare("the largest of the hours' p99s", most);

        void Compare(string what, double value)
        {
            report.Add(what, value, "ms");
            report.Add("  off by", (value - exact) / exact * 100, "%");
        }
    }

    /// <summary>Milliseconds until the last row is here.</summary>
    private static async Task<double> TimeAsync(NpgsqlConnection connection, string query)
    {
        long started = Stopwatch.GetTimestamp();
        await using var command = new NpgsqlCommand(query, connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            continue;
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
