using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Queries;

namespace StreamAgg.Postgres.Tests;

/// <summary>Who only looks has a small pool of his own, and leaves nothing running behind him.</summary>
public class ReadingPoolTests(TestServer server)
{
    private const string Running = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '% reading' AND state <> 'idle' AND datname = current_database()";

    [Fact]
    public async Task A_question_that_nobody_waits_for_any_more_ends_in_the_database_too()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await using NpgsqlDataSource reading = PostgresDataSource.CreateReading(database.Options);
        var queries = new AggregateQueries(reading, "default", "public");
        // Longer than any bound that a transaction sets for itself.
        await database.ExecuteAsync(
            "ALTER TABLE ops_metrics_hourly RENAME TO slow; CREATE VIEW ops_metrics_hourly AS SELECT s.* FROM slow s, LATERAL (SELECT pg_sleep(60)) sleep; "
            + "INSERT INTO slow (bucket_start, platform) VALUES ('2026-01-01Z', 'x')");
        using var client = new CancellationTokenSource();
        Task<IReadOnlyList<PublishedRow>> asked = queries.RowsAsync(RowTable.Hourly, null, null, null, 10, client.Token);
        while (await database.ScalarAsync<long>(Running) == 0)
            Assert.False(asked.IsCompleted);

        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        while (await database.ScalarAsync<long>(Running) > 0)
        {
            // statement_timeout would end it too, and long after: that is not what is proved here.
            Assert.Equal(0, await database.ScalarAsync<long>(Running + " AND now() - query_start > interval '12 s'"));
        }

        // The pool is of use again.
        await database.ExecuteAsync("DROP VIEW ops_metrics_hourly; ALTER TABLE slow RENAME TO ops_metrics_hourly");
        Assert.Single(await queries.RowsAsync(RowTable.Hourly, null, null, null, 10, CancellationToken.None));
    }

    [Fact]
    public async Task More_questions_than_connections_wait_for_them_and_the_pipeline_s_own_are_not_touched()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await using NpgsqlDataSource reading = PostgresDataSource.CreateReading(database.Options);
        var queries = new AggregateQueries(reading, "default", "public");
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => queries.RowsAsync(RowTable.Hourly, null, null, null, 10, CancellationToken.None)));

        Assert.InRange(
            await database.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'streamagg reading' AND datname = current_database()"), 1, 4);
    }

    [Theory]
    [InlineData("Host=a;Minimum Pool Size=9", null, 4, "streamagg reading")]
    [InlineData("Host=a;Maximum Pool Size=50;Application Name=metrics", null, 4, "metrics reading")]
    [InlineData("Host=a", "Host=b;Maximum Pool Size=7", 7, "streamagg reading")]
    [InlineData("Host=a", "Host=b;Application Name=eyes", 4, "eyes reading")]
    public void The_pool_is_small_unless_its_own_string_says_otherwise(string own, string? read, int connections, string name)
    {
        using NpgsqlDataSource reading = PostgresDataSource.CreateReading(new PostgresOptions { ConnectionString = own, ReadConnectionString = read });
        var settings = new NpgsqlConnectionStringBuilder(reading.ConnectionString);

        Assert.Equal((read is null ? "a" : "b", connections, name), (settings.Host, settings.MaxPoolSize, settings.ApplicationName));
        Assert.InRange(settings.MinPoolSize, 0, connections);
    }

    [Fact]
    public async Task A_reader_s_server_that_is_away_is_away_for_readers_alone()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await using NpgsqlDataSource reading = PostgresDataSource.CreateReading(
            database.Options with { ReadConnectionString = "Host=127.0.0.1;Port=1;Username=x;Database=x" });

        await Assert.ThrowsAsync<StoreUnavailableException>(() => new AggregateQueries(reading, "default", "public").StatusAsync(null, CancellationToken.None));
        Assert.Empty((await new AggregateQueries(database.Source, "default", "public").StatusAsync(null, CancellationToken.None)).Partitions);
    }
}
