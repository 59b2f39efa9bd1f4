using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Store;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

/// <summary>Rows up to now: the published ones as they stand in the table, the open ones as they would be published.</summary>
public class LiveQueryTests(TestServer server)
{
    private static readonly Instant Now = Hour(3).Start + TimeSpan.FromMinutes(20);

    [Fact]
    public async Task Closed_hours_are_the_table_s_rows_and_open_ones_come_from_bases_and_partials()
    {
        await using TestDatabase database = await FilledAsync();
        LiveRange live = await AskAsync(database, null);

        Assert.Equal(
            [(0, "x", false), (0, "y", false), (2, "x", true), (3, "x", true)],
            live.Rows.Select(row => (row.Row.Start.Hour.SinceEpoch - Hour(0).SinceEpoch, row.Row.Label, row.IsProvisional)));
        var published = await new AggregateQueries(database.Source, "default", "public").RowsAsync(RowTable.Hourly, null, null, null, 10, None);
        Assert.Equal(published.SelectMany(row => row.Values), live.Rows.Take(2).SelectMany(row => row.Row.Values));
        // Two partitions have counted in hour 2; the quantiles are of both.
        LiveRow running = live.Rows[2];
        Assert.Equal((5L, 5L, Now), (running.Row.Get<long>("request_count"), running.Latencies!.Count, running.Row.Get<Instant>("computed_at")));
        Assert.Equal([30.0, 50.0], running.Latencies.QuantilesMs);
        Assert.Equal(49.6, running.Row.Get<double>("p99_latency_ms"), 1e-9);
        Assert.Equal((5L, 4L), (running.Latencies.Bins.Sum(), running.Latencies.Bins.Skip(10).Sum()));
    }

    [Fact]
    public async Task A_total_is_of_all_hours_of_the_range_and_its_quantiles_of_all_their_durations()
    {
        await using TestDatabase database = await FilledAsync();
        LiveRange live = await AskAsync(database, null);

        Assert.Equal(["x", "y"], live.Totals.Select(total => total.Row.Label));
        Assert.Equal((8L, true), (live.Totals[0].Row.Get<long>("request_count"), live.Totals[0].IsProvisional));
        Assert.Equal([25.0, 60.0], live.Totals[0].Latencies!.QuantilesMs);
        Assert.Equal((1L, false), (live.Totals[1].Row.Get<long>("request_count"), live.Totals[1].IsProvisional));
        Assert.Equal(["y"], (await AskAsync(database, null, "y")).Rows.Select(row => row.Row.Label));
    }

    [Theory]
    [InlineData("UTC", "2026-01-01 8 True")]
    [InlineData("Asia/Tokyo", "2026-01-01 8 True")]
    [InlineData("Etc/GMT+1", "2025-12-31 2 False, 2026-01-01 6 True")]
    public async Task Days_are_those_of_a_zone(string zone, string days)
    {
        await using TestDatabase database = await FilledAsync();
        LiveRange live = await AskAsync(database, TimeZoneInfo.FindSystemTimeZoneById(zone), "x");

        Assert.Equal(days, string.Join(", ", live.Rows.Select(row => $"{row.Row.Start.Hour.Day} {row.Row["request_count"]} {row.IsProvisional}")));
        Assert.Equal(8, live.Rows.Sum(row => row.Latencies!.Count));
    }

    [Fact]
    public async Task An_hour_that_changed_after_it_was_published_is_shown_as_it_stands_until_it_is_published_again()
    {
        await using TestDatabase database = await FilledAsync();
        PartitionClaim claim = await database.Store.ClaimAsync(Usage0, "tester", None);
        await database.Store.CommitAsync(Checkpoint(Usage0, claim.Fence, 20, Row(0, "x", 10_000, 20_000, 40_000)) with { Watermark = Hour(2).Start });

        LiveRange live = await AskAsync(database, null);
        Assert.Equal((2L, false), (live.Rows[0].Row.Get<long>("request_count"), live.Rows[0].IsProvisional));
        Assert.Equal(8, live.Totals[0].Row.Get<long>("request_count"));
    }

    [Fact]
    public async Task A_row_of_somebody_else_s_is_shown_as_it_is()
    {
        await using TestDatabase database = await FilledAsync();
        await database.ExecuteAsync($"INSERT INTO ops_metrics_hourly (bucket_start, platform, request_count, error_count, p99_latency_ms) VALUES ('{Hour(1).Start}', 'z', 9, 3, 77)");

        LiveRange live = await AskAsync(database, null, "z");
        Assert.Equal(77.0, Assert.Single(live.Rows).Row["p99_latency_ms"]);
        LiveRow total = Assert.Single(live.Totals);
        Assert.Equal((9L, null, null), (total.Row.Get<long>("error_count") * 3, total.Row["p99_latency_ms"], total.Latencies));
    }

    [Fact]
    public async Task The_view_has_the_same_hours_in_SQL_for_whoever_may_read()
    {
        await using TestDatabase database = await FilledAsync();
        LiveRange live = await AskAsync(database, null);
        await using var reader = new TestDatabase(TestServer.As(database.Options.ConnectionString, "test_reader", "r"));

        string[] rows = await reader.RowsAsync(
            """
            SELECT to_char(bucket_start AT TIME ZONE 'UTC', 'HH24'), platform, request_count, success_count, error_count, round(avg_latency_ms), error_rate, provisional
            FROM streamagg.live_hourly WHERE pipeline = 'default' AND bucket_start >= '2025-12-31Z' ORDER BY bucket_start, platform
            """);
        Assert.Equal(
            live.Rows.Select(row => FormattableString.Invariant(
                $"{row.Row.Start.ToUtcDateTime():HH}|{row.Row.Label}|{row.Row["request_count"]}|{row.Row["success_count"]}|{row.Row["error_count"]}|{row.Row["avg_latency_ms"]}|{row.Row["error_rate"]}|{row.IsProvisional}")),
            rows);
        Assert.Equal(
            live.Rows.Where(row => !row.IsProvisional).Select(row => FormattableString.Invariant($"{row.Row["p99_latency_ms"]}")),
            await reader.RowsAsync("SELECT p99_latency_ms FROM streamagg.live_hourly WHERE NOT provisional ORDER BY bucket_start, platform"));
    }

    private static Task<LiveRange> AskAsync(TestDatabase database, TimeZoneInfo? days, params string[] platforms) =>
        new AggregateQueries(database.Source, "default", "public").LiveAsync(
            new LiveQuestion(Hour(-1).Start + TimeSpan.FromMinutes(1), Hour(3).End, platforms, days, [0.5, 1]), Now, None);

    /// <summary>Hours 0 to 1 are closed, of two partitions; hour 2 waits for the second of them, hour 3 is the running one.</summary>
    private async Task<TestDatabase> FilledAsync()
    {
        TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence first = await store.FenceAsync(Usage0), second = await store.FenceAsync(Usage1);
        await store.CommitAsync(
            Checkpoint(Usage0, first, 4, Row(0, "x", 10_000, 20_000), Row(0, "y", 5_000), Row(2, "x", 20_000, 40_000), Row(3, "x", 60_000)) with { Watermark = Hour(3).Start },
            Checkpoint(Usage1, second, 4, Row(2, "x", 10_000, 30_000, 50_000)) with { Watermark = Hour(2).Start });
        await store.PublishAsync(Usage0, Usage1);
        return database;
    }
}
