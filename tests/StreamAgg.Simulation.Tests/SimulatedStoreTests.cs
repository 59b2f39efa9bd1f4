using Npgsql;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Store;
using StreamAgg.Simulation.Lockstep;
using StreamAgg.Simulation.Store;
using StreamAgg.Testing;
using StreamAgg.Testing.Postgres;

[assembly: AssemblyFixture(typeof(SharedServers))]

namespace StreamAgg.Simulation.Tests;

public sealed class SimulatedStoreTests
{
    private const int Scripts = 6;
    private const int Calls = 250;

    [Fact]
    public async Task The_simulated_store_and_PostgreSQL_answer_the_same_script_alike_and_end_in_the_same_tables()
    {
        string administrator = await TestPostgres.SharedAsync();
        await using NpgsqlDataSource server = NpgsqlDataSource.Create(administrator);
        int fenced = 0, folds = 0, published = 0, swapped = 0, replayed = 0;
        for (ulong seed = 1; seed <= Scripts; seed++)
        {
            string name = $"twin_{seed}";
            await using NpgsqlCommand create = server.CreateCommand($"CREATE DATABASE {name}");
            await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            var options = new PostgresOptions { ConnectionString = new NpgsqlConnectionStringBuilder(administrator) { Database = name }.ConnectionString, Rollups = StorePair.Rollups };
            await using NpgsqlDataSource source = PostgresDataSource.Create(options);
            await new Migrator(source, options).MigrateAsync(isDryRun: false, CancellationToken.None);

            var twins = new StorePair(
                seed, new PostgresStore(source, options.PipelineId, options.PublishSchema, options.Rollups),
                new PostgresRecountStore(source, options.PipelineId, options.PublishSchema, options.Rollups));
            if (seed % 2 == 0)
                await PlantAsync(twins.Database, source);
            await twins.RunAsync(Calls);
            Assert.True(twins.Difference is null, $"script {seed}: {twins.Difference}");
            Assert.Equal(RowsOf(twins.Database), await RowsAsync(source));
            fenced += twins.Fenced;
            folds += twins.Folds;
            published += twins.Published;
            swapped += twins.Swapped;
            replayed += twins.Replayed;
        }
        Assert.True(
            fenced > 0 && folds > 0 && published > 0 && swapped > 0 && replayed > 0, "the scripts met no fence, no fold, no publication, no swap or no replay");
    }

    /// <summary>A batch job's rows: hours that the scripts count and one that they never do, days that are larger and smaller.</summary>
    private static async Task PlantAsync(Database database, NpgsqlDataSource source)
    {
        foreach (var (time, label, requests) in ((DateTime, string, long)[])[
            (new(2026, 3, 1, 20, 0, 0, DateTimeKind.Utc), "", 5), (new(2026, 3, 1, 23, 0, 0, DateTimeKind.Utc), "anthropic", 1), (new(2026, 3, 2, 1, 0, 0, DateTimeKind.Utc), "azure é", 1_000_000)])
        {
            Hour hour = Hour.FromUtc(time);
            foreach (string sql in (string[])[
                "INSERT INTO ops_metrics_hourly (bucket_start, platform, request_count, success_count) VALUES ($1, $2, $3, $3)",
                "INSERT INTO ops_metrics_daily (bucket_date, platform, request_count, success_count) VALUES (($1 AT TIME ZONE 'UTC')::date, $2, $3, $3)"])
            {
                await using NpgsqlCommand insert = source.CreateCommand(sql);
                insert.Parameters.AddWithValue(time);
                insert.Parameters.AddWithValue(label);
                insert.Parameters.AddWithValue(requests);
                await insert.ExecuteNonQueryAsync();
            }
            var row = new FigureRow(requests, requests, 0, 0, 0, 0, null, null, 0);
            database.Hourly[new BucketKey<Hour>(hour, label)].Seed(row);
            database.Daily[new BucketKey<Day>(hour.Day, label)].Seed(row);
        }
    }

    private static List<string> RowsOf(Database database)
    {
        var rows = new List<string>();
        foreach (var (key, cell) in database.Hourly.Cells.OrderBy(entry => entry.Key))
        {
            if (cell.Committed is { } row)
                rows.Add($"{key.Rollup} {key.Bucket.SinceEpoch} {key.Label} {Say(row)}");
        }
        foreach (var (key, cell) in database.Daily.Cells.OrderBy(entry => entry.Key))
        {
            if (cell.Committed is { } row)
                rows.Add($"{key.Rollup} {key.Bucket.SinceEpoch} {key.Label} {Say(row)}");
        }
        foreach (var (source, cell) in database.Tallies.Cells.OrderBy(entry => entry.Key))
        {
            // By minutes they differ: each store has its clock.
            foreach (var same in (cell.Committed ?? TallyRow.Empty).Events.GroupBy(entry => (entry.Key.Outcome, entry.Key.Reason)).OrderBy(same => same.Key))
                rows.Add($"{source} {same.Key.Outcome} {same.Key.Reason} {same.Sum(entry => entry.Value)}");
        }
        return rows;
    }

    private static async Task<List<string>> RowsAsync(NpgsqlDataSource source)
    {
        const string figures = "request_count, success_count, error_count, error_4xx_count, error_5xx_count, timeout_count, "
            + "avg_latency_ms, p99_latency_ms, error_rate";
        var rows = new List<string>();
        foreach (string sql in new[]
        {
            $"SELECT 'by_model', (extract(epoch FROM bucket_start) / 3600)::int AS bucket, model AS label, {figures} FROM ops_metrics_by_model_hourly",
            $"SELECT 'platform', (extract(epoch FROM bucket_start) / 3600)::int AS bucket, platform AS label, {figures} FROM ops_metrics_hourly",
            $"SELECT 'by_model', bucket_date - date '1970-01-01' AS bucket, model AS label, {figures} FROM ops_metrics_by_model_daily",
            $"SELECT 'platform', bucket_date - date '1970-01-01' AS bucket, platform AS label, {figures} FROM ops_metrics_daily",
        })
        {
            await using NpgsqlCommand command = source.CreateCommand($"SELECT * FROM ({sql}) published ORDER BY bucket, label COLLATE \"C\"");
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                rows.Add($"{reader.GetString(0)} {reader.GetInt32(1)} {reader.GetString(2)} " + Say(new FigureRow(
                    reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7), reader.GetInt64(8),
                    reader.IsDBNull(9) ? null : reader.GetDouble(9), reader.IsDBNull(10) ? null : reader.GetDouble(10), reader.GetDouble(11))));
            }
        }
        await using NpgsqlCommand tallies = source.CreateCommand(
            "SELECT topic, partition, outcome, reason, sum(events)::bigint FROM streamagg.event_tally GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4");
        await using NpgsqlDataReader told = await tallies.ExecuteReaderAsync();
        while (await told.ReadAsync())
            rows.Add($"{told.GetString(0)}-{told.GetInt32(1)} {told.GetString(2)} {told.GetString(3)} {told.GetInt64(4)}");
        return rows;
    }

    private static string Say(FigureRow row) => FormattableString.Invariant($"{row}");
}
