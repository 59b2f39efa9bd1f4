using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Store;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

public class RetentionTests(TestServer server)
{
    [Fact]
    public async Task Whole_days_go_in_steps_once_they_are_published_and_folded_and_published_rows_stay()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        PartialRow[] rows = [Row(0, "x", 1_000), Row(1, "x", 2_000), Row(23, "y", 3_000), Row(24, "x", 4_000)];
        await store.CommitAsync(Checkpoint(Usage0, fence, 4, rows) with { Watermark = Hour(120).Start });
        await store.PublishAsync(Usage0);
        var retention = new PostgresRetention(database.Source, "default");

        // Not folded yet: their owner still holds them.
        Assert.Equal(0, await retention.RemoveAsync([Usage0], TimeSpan.FromDays(4), 10, None));
        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 5) with { Folds = [.. rows.Select(row => new Fold(row, Changed: false))] });
        // A late event that is not published yet: its hour waits, and what is of the same day goes.
        await store.CommitAsync(Checkpoint(Usage0, fence.Next.Next, 6, Row(1, "x", 5_000)));
        Assert.Equal(0, await retention.RemoveAsync([Usage0, Usage1], TimeSpan.FromDays(4), 10, None));
        Assert.Equal(1, await retention.RemoveAsync([Usage0], TimeSpan.FromDays(4), 1, None));
        Assert.Equal(1, await retention.RemoveAsync([Usage0], TimeSpan.FromDays(4), 10, None));
        Assert.Equal([1, 24], await HoursAsync(database, "hour_base"));
        Assert.Equal([1, 24], await HoursAsync(database, "hour_sketch"));

        await store.PublishAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence.Next.Next.Next, 7) with { Folds = [new Fold(Row(1, "x", 5_000), Changed: false)] });
        Assert.Equal(1, await retention.RemoveAsync([Usage0], TimeSpan.FromDays(4), 10, None));
        Assert.Equal([24], await HoursAsync(database, "hour_sketch"));
        Assert.Equal(4, await database.ScalarAsync<long>("SELECT count(*) FROM ops_metrics_hourly"));
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT request_count FROM ops_metrics_hourly WHERE bucket_start = '2026-01-01 01:00Z'"));
    }

    [Fact]
    public async Task A_year_of_twenty_platforms_takes_no_more_than_is_said()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Fence fence = await database.Store.FenceAsync(Usage0);
        var random = new Random(5);
        PartialRow row = Row(0, "x", [.. Enumerable.Range(0, 3000).Select(_ => (long)(1e6 * Math.Exp(random.NextDouble() * 3)))]);
        await database.Store.CommitAsync(Checkpoint(Usage0, fence, 1, row) with { Watermark = Hour(24).Start });
        await database.Store.PublishAsync(Usage0);
        await database.Store.CommitAsync(Checkpoint(Usage0, fence.Next, 2) with { Folds = [new Fold(row, Changed: false)] });
        foreach (string table in (string[])["hour_base", "hour_sketch"])
            await database.ExecuteAsync(
                $"""
                INSERT INTO streamagg.{table} SELECT (jsonb_populate_record(t, jsonb_build_object('bucket_start', t.bucket_start + n * interval '1 hour'))).*
                FROM streamagg.{table} t, generate_series(1, 8759) n
                """);
        // Twenty times one platform's: tables and indexes grow by rows of the same size.
        long megabytes = 20 * await database.ScalarAsync<long>(
            "SELECT pg_total_relation_size('streamagg.hour_base') + pg_total_relation_size('streamagg.hour_sketch')") / 1_000_000;
        Assert.InRange(megabytes, 1, 720);
    }

    private static async Task<List<int>> HoursAsync(TestDatabase database, string table)
    {
        var hours = new List<int>();
        await using var command = database.Source.CreateCommand($"SELECT extract(epoch FROM bucket_start - '2026-01-01Z'::timestamptz)::int / 3600 FROM streamagg.{table} ORDER BY 1");
        await using var reader = await command.ExecuteReaderAsync(None);
        while (await reader.ReadAsync(None))
            hours.Add(reader.GetInt32(0));
        return hours;
    }
}
