using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Store;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

public class QueryTests(TestServer server)
{
    [Fact]
    public async Task Rows_are_found_by_platform_and_half_open_range()
    {
        await using TestDatabase database = await PublishedAsync();
        var queries = new AggregateQueries(database.Source, "default", "public");
        Assert.Equal(["", "x", "x"], (await queries.RowsAsync(RowTable.Hourly, null, null, null, 10, None)).Select(row => row.Label));
        Assert.Equal([Hour(0).Start, Hour(1).Start], (await queries.RowsAsync(RowTable.Hourly, ["x"], null, null, 10, None)).Select(row => row.Start));
        Assert.Equal("", Assert.Single(await queries.RowsAsync(RowTable.Hourly, [""], Hour(0).Start, Hour(1).Start, 10, None)).Label);
        Assert.Equal([Hour(1).Start], (await queries.RowsAsync(RowTable.Hourly, null, Hour(1).Start, null, 10, None)).Select(row => row.Start));
        Assert.Single(await queries.RowsAsync(RowTable.Hourly, null, null, null, 1, None));

        PublishedRow day = Assert.Single(await queries.RowsAsync(RowTable.Daily, ["x"], FirstDay.Start, FirstDay.End, 10, None));
        Assert.Equal((FirstDay.Start, (object?)3L, (object?)2.0, (object?)0.0), (day.Start, day["request_count"], day["avg_latency_ms"], day["error_rate"]));
        Assert.Empty(await queries.RowsAsync(RowTable.Daily, null, FirstDay.End, null, 10, None));
    }

    [Fact]
    public async Task The_status_tells_partitions_open_and_dirty_hours_kept_rows_and_gaps()
    {
        await using TestDatabase database = await PublishedAsync();
        PostgresStore store = database.Store;
        var queries = new AggregateQueries(database.Source, "default", "public");
        PartitionClaim claim = await store.ClaimAsync(Usage0, "me", None);
        // One late event of a closed hour, two hours that are open.
        await store.CommitAsync(Checkpoint(Usage0, claim.Fence, 8, Row(0, "x", 1, 1), Row(40, "x", 1), Row(40, "y", 1), Row(41, "x", 1)) with { Gaps = [new Gap(Usage0, 5, 7, "expired")] });
        StoreStatus status = await queries.StatusAsync(null, None);
        Assert.Equal((Usage0, "me", 8, Hour(40).Start), status.Partitions.Select(p => (p.Source, p.Owner, p.NextOffset, p.Watermark!.Value)).Single());
        Assert.Equal((2, Hour(40).End, 1, 0), (status.OpenHours, status.NextClose, status.DirtyHours, status.RowsKept));
        Assert.InRange(status.Partitions[0].CheckpointAge!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.Equal((5, 7, "expired"), status.Gaps.Select(gap => (gap.FromOffset, gap.ToOffset!.Value, gap.Reason)).Single());

        // A partition that nobody has claimed yet holds every hour open.
        status = await queries.StatusAsync([Usage0, Usage1], None);
        Assert.Equal((null, 3, 0), (status.Watermark, status.OpenHours, status.DirtyHours));
        status = await new AggregateQueries(database.Source, "other", "public").StatusAsync(null, None);
        Assert.Equal((0, null, 0), (status.Partitions.Count, status.NextClose, status.OpenHours));
    }

    [Fact]
    public async Task A_quantile_is_of_the_published_hours_of_the_range_and_platforms_in_milliseconds()
    {
        await using TestDatabase database = await PublishedAsync();
        var queries = new AggregateQueries(database.Source, "default", "public");
        QuantileAnswer all = await queries.QuantileAsync(0.5, null, null, null, None);
        Assert.Equal((2.0, 3, Hour(0).Start, Hour(1).End), (all.ValueMs, all.Count, all.From, all.To));
        Assert.Equal(["", "x"], all.Platforms);
        Instant from = Hour(0).Start, to = new(Hour(1).Start.UnixTicks);
        QuantileAnswer part = await queries.QuantileAsync(1, ["x"], from, to, None);
        Assert.Equal((2.0, 2, from, to), (part.ValueMs, part.Count, part.From, part.To));
        QuantileAnswer none = await queries.QuantileAsync(0.5, ["nobody"], null, null, None);
        Assert.Equal((null, 0, null, null), (none.ValueMs, none.Count, none.From, none.To));
    }

    [Fact]
    public async Task A_range_that_begins_or_ends_within_an_hour_is_told_in_the_whole_hours_that_were_read_in_SQL_too()
    {
        await using TestDatabase database = await PublishedAsync();
        var queries = new AggregateQueries(database.Source, "default", "public");
        foreach (var (from, to, hours) in new (TimeSpan, TimeSpan, int)[]
        {
            (TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(90), 2),
            (TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(60), 1),
            (TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60) + TimeSpan.FromTicks(1), 2),
            (TimeSpan.Zero, TimeSpan.FromHours(1), 1),
        })
        {
            QuantileAnswer answer = await queries.QuantileAsync(1, ["x"], Hour(0).Start + from, Hour(0).Start + to, None);
            Assert.Equal((Hour(0).Start, Hour(hours - 1).End, 1 + hours), (answer.From, answer.To, answer.Count));
            if (to.Ticks % TimeSpan.TicksPerMillisecond == 0)
            {
                Assert.Equal(
                    answer.ValueMs,
                    await database.ScalarAsync<double>($"SELECT streamagg.quantile(1, '{Hour(0).Start + from}', '{Hour(0).Start + to}', '{{x}}')"));
            }
        }
    }

    [Fact]
    public async Task Rows_are_read_page_after_page_and_the_newest_on_their_own()
    {
        await using TestDatabase database = await PublishedAsync();
        await database.ExecuteAsync(
            "INSERT INTO ops_metrics_hourly (bucket_start, platform) SELECT '2025-12-01Z'::timestamptz + h * interval '1 hour', p FROM generate_series(0, 9) h, unnest('{a,b,c}'::text[]) p");
        var queries = new AggregateQueries(database.Source, "default", "public");
        IReadOnlyList<PublishedRow> all = await queries.RowsAsync(RowTable.Hourly, null, null, null, 100, None);
        Assert.Equal(33, all.Count);
        var paged = new List<PublishedRow>();
        IReadOnlyList<PublishedRow> page;
        do
        {
            page = await queries.RowsAsync(RowTable.Hourly, null, null, null, 4, None, paged.LastOrDefault());
            paged.AddRange(page);
        }
        while (page.Count == 4);
        Assert.Equal(all.Select(Cells), paged.Select(Cells));
        Assert.Equal(all.Reverse().Take(5).Select(Cells), (await queries.LatestHourlyAsync(all[0].Start, all[^1].Start + TimeSpan.FromHours(1), 5, None)).Select(Cells));
        Assert.True(await queries.IsOverAsync(RowTable.Hourly, null, null, null, 32, None));
        Assert.False(await queries.IsOverAsync(RowTable.Hourly, null, null, null, 33, None));
        Assert.False(await queries.IsOverAsync(RowTable.Hourly, ["a"], null, null, 10, None));
        Assert.Single(await queries.RowsAsync(RowTable.Daily, null, null, null, 10, None, all[0] with { Start = FirstDay.Start, Label = "" }));
        Assert.True(await queries.IsOverAsync(RowTable.Daily, null, FirstDay.Start, null, 1, None));
    }

    [Fact]
    public async Task A_quantile_of_a_long_range_is_as_close_as_one_of_a_short_range()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Fence fence = await database.Store.FenceAsync(Usage0);
        long[] micros = [.. Enumerable.Range(1, 2000).Select(i => i * 1_000L)];
        await database.Store.CommitAsync(Checkpoint(Usage0, fence, 4, Row(0, "x", micros)) with { Watermark = Hour(40).Start });
        await database.Store.PublishAsync(Usage0);
        var queries = new AggregateQueries(database.Source, "default", "public");
        QuantileAnswer one = await queries.QuantileAsync(0.99, null, null, null, None);

        // Copies of one hour have its quantiles, and are more than are held at once.
        await database.ExecuteAsync(
            """
            CREATE TEMP TABLE copy AS SELECT s.*, g FROM streamagg.hour_sketch s, generate_series(1, 4000) g;
            UPDATE copy SET bucket_start = bucket_start + g * interval '1 hour';
            ALTER TABLE copy DROP COLUMN g;
            INSERT INTO streamagg.hour_sketch SELECT * FROM copy;
            INSERT INTO streamagg.dirty_day SELECT DISTINCT pipeline, rollup, (bucket_start AT TIME ZONE 'UTC')::date, label, 1 FROM streamagg.hour_sketch ON CONFLICT DO NOTHING
            """);
        QuantileAnswer many = await queries.QuantileAsync(0.99, null, null, null, None);

        Assert.Equal(2000 * 4001, many.Count);
        Assert.InRange(many.ValueMs!.Value, one.ValueMs!.Value - 2, one.ValueMs.Value + 2);
        Assert.InRange(many.RankErrorBound!.Value, 0, (2 * one.RankErrorBound!.Value) + 0.001);
    }

    [Fact]
    public async Task Of_a_long_range_whole_days_are_read_and_a_day_that_waits_for_its_publication_hour_by_hour()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        var random = new Random(7);
        // Some thirty microseconds apart, so that no two hours are alike.
        PartialRow[] rows = [.. Enumerable.Range(0, 96).Select(hour => Row(hour, hour % 5 == 0 ? "y" : "x", [.. Enumerable.Range(0, 300).Select(i => (30_000L * i) + random.Next(30_000))]))];
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, rows) with { Watermark = Hour(96).Start });
        await store.PublishAsync(Usage0);
        Assert.Equal(["8"], await database.RowsAsync("SELECT count(*) FROM streamagg.day_sketch"));

        async Task<QuantileAnswer> AskAsync(int from, int to, string[]? platforms = null)
        {
            string range = $"'{Hour(from).Start}', '{Hour(to).Start}'", labels = platforms is null ? "NULL" : $"'{{{string.Join(',', platforms)}}}'";
            QuantileAnswer answer = await new AggregateQueries(database.Source, "default", "public").QuantileAsync(0.99, platforms, Hour(from).Start, Hour(to).Start, None);
            Assert.Equal(answer.ValueMs!.Value, await database.ScalarAsync<double>($"SELECT streamagg.quantile(0.99, {range}, {labels})"), answer.ValueMs.Value * 1e-9);
            Assert.Equal((Hour(from).Start, Hour(to).Start), (answer.From, answer.To));
            return answer;
        }

        Task<string[]> ReadAsync(int from, int to) => database.RowsAsync(
            $"SELECT count(*), count(*) FILTER (WHERE (SELECT sum(w) FROM unnest(weights) AS w) > 301) FROM streamagg.sketches('{Hour(from).Start}', '{Hour(to).Start}')");

        foreach (var (from, to, sketches, days) in new[] { (0, 96, 8, 8), (1, 95, 23 + 4 + 23, 4), (24, 48, 2, 2), (24, 47, 23, 0), (30, 60, 18 + 12, 0), (23, 49, 4, 2), (5, 6, 1, 0) })
        {
            Assert.Equal([$"{sketches}|{days}"], await ReadAsync(from, to));
            QuantileAnswer answer = await AskAsync(from, to);
            Assert.Equal(300 * (to - from), answer.Count);
            // All hours are spread alike.
            Assert.InRange(answer.ValueMs!.Value, 300 * 30 * (0.99 - answer.RankErrorBound!.Value) - 60, 300 * 30 * (0.99 + answer.RankErrorBound.Value) + 60);
        }

        // A late event: it is in the answer once its hour is published, whether its day is or not.
        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 2, Row(31, "x", [.. Enumerable.Range(0, 301).Select(i => 30_000L * i)])) with { Watermark = Hour(96).Start });
        Assert.Equal(28_800, (await AskAsync(0, 96)).Count);
        await store.PublishHoursAsync([.. (await store.ReadDirtyHoursAsync([Usage0], 1000, None)).Buckets.Select(Merge)], None);
        Assert.Equal([$"{19 + 7}|7"], await ReadAsync(0, 96));
        Assert.Equal(28_801, (await AskAsync(0, 96)).Count);
        await store.PublishAsync(Usage0);
        Assert.Equal(["8|8"], await ReadAsync(0, 96));
        Assert.Equal((28_801, 22_801), ((await AskAsync(0, 96)).Count, (await AskAsync(0, 96, ["x"])).Count));
    }

    private async Task<TestDatabase> PublishedAsync()
    {
        TestDatabase database = await server.CreateMigratedAsync();
        Fence fence = await database.Store.FenceAsync(Usage0);
        await database.Store.CommitAsync(
            Checkpoint(Usage0, fence, 4, Row(0, "x", 1_000, 2_000), Row(1, "x", 3_000), Row(0, "") with { Totals = new BucketTotals { ErrorCount = 1 } }) with { Watermark = Hour(40).Start });
        await database.Store.PublishAsync(Usage0);
        return database;
    }

    private static object?[] Cells(PublishedRow row) => [row.Start, row.Label, .. row.Values];
}
