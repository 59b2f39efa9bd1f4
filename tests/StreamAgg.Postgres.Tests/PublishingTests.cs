using System.Globalization;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Store;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

public class PublishingTests(TestServer server)
{
    private const string HourlyRows = "SELECT platform, request_count, success_count, error_count, error_4xx_count, error_5xx_count, timeout_count, avg_latency_ms, p99_latency_ms, error_rate FROM ops_metrics_hourly ORDER BY bucket_start, platform";

    [Fact]
    public async Task An_hour_waits_for_every_partition_that_the_metadata_name()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence usage = await store.FenceAsync(Usage0), error = await store.FenceAsync(Error0);
        await store.CommitAsync(Checkpoint(Usage0, usage, 1, Row(0, "x", 1), Row(1, "x", 1)) with { Watermark = Hour(1).Start });

        async Task<(int Hours, Instant? Watermark)> DirtyAsync(params SourcePartition[] named)
        {
            DirtySnapshot<Hour> snapshot = await store.ReadDirtyHoursAsync(named, 10, None);
            return (snapshot.Buckets.Count, snapshot.Watermark);
        }

        Assert.Equal((0, null), await DirtyAsync());
        Assert.Equal((0, null), await DirtyAsync(Usage0, Error0)); // claimed, nothing known yet
        Assert.Equal((0, null), await DirtyAsync(Usage0, Usage1)); // never claimed
        Assert.Equal((1, Hour(1).Start), await DirtyAsync(Usage0));
        await store.CommitAsync(Checkpoint(Error0, error, 1) with { Watermark = new Instant(Hour(1).Start.UnixTicks - 1) });
        Assert.Equal(0, (await DirtyAsync(Usage0, Error0)).Hours);
        await store.CommitAsync(Checkpoint(Error0, error.Next, 1) with { Watermark = Hour(5).Start });
        Assert.Equal((1, Hour(1).Start), await DirtyAsync(Usage0, Error0));
    }

    [Fact]
    public async Task An_hour_is_its_base_first_and_then_its_partials_in_order_of_topic_and_partition()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        var gone = new SourcePartition("usage", 9);
        foreach (SourcePartition source in (SourcePartition[])[Usage1, gone, Usage0, Error0])
            await store.CommitAsync(Checkpoint(source, await store.FenceAsync(source), 1, Row(0, "x", source.Partition + (source == Error0 ? 100 : 0))) with { Watermark = Hour(2).Start });
        await store.CommitAsync(Checkpoint(Usage0, await store.FenceAsync(Usage0), 2) with { Folds = [new Fold(Row(0, "x", 0), Changed: false)] });

        // A partition that the metadata no longer name has counted all the same.
        DirtyBucket<Hour> hour = Assert.Single((await store.ReadDirtyHoursAsync([Usage0, Usage1, Error0], 10, None)).Buckets);
        Assert.Equal((UInt128[])[0, 100, 1, 9], hour.Inputs.Select(input => input.Totals.DurationSumMicros));
        Assert.Equal((long[])[1, 1, 1, 1], hour.Inputs.Select(input => input.Rev));
    }

    [Fact]
    public async Task A_published_row_has_exact_counts_mean_rate_and_the_given_p99()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        var errors = new PartialRow(Hour(0), "", new BucketTotals { ErrorCount = 3, Error4xxCount = 1, Error5xxCount = 2, TimeoutCount = 2 }, default);
        PartialRow some = Row(0, "anthropic", 1_000, 2_000, 4_000);
        BucketTotals mixed = some.Totals;
        mixed.ErrorCount = 1;
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, errors, some with { Totals = mixed }) with { Watermark = Hour(30).Start });
        (PublishResult hours, PublishResult days) = await store.PublishAsync(Usage0);
        Assert.Equal((2, 2), (hours.RowsWritten, days.RowsWritten));
        string[] expected = ["|3|0|3|1|2|2|||100", $"anthropic|4|3|1|0|0|0|{(7.0 / 3).ToString(CultureInfo.InvariantCulture)}|{(2 + (2 * 0.98)).ToString(CultureInfo.InvariantCulture)}|25"];
        Assert.Equal(expected, await database.RowsAsync(HourlyRows));
        Assert.Equal(expected, await database.RowsAsync(HourlyRows.Replace("hourly", "daily", StringComparison.Ordinal).Replace("bucket_start", "bucket_date", StringComparison.Ordinal)));
        Assert.Equal(
            ["|||||||", "anthropic|100|0|{1000,2000,4000}|{1000,2000,4000}|{1000,2000,4000}|{1,1,1}|7000"],
            await database.RowsAsync("SELECT label, compression, boundary_doubt, lows::text, highs::text, means::text, weights::text, nullif(duration_sum_micros, 0) FROM streamagg.day_sketch ORDER BY label"));
        Assert.Empty(await database.RowsAsync("SELECT FROM streamagg.dirty_hour UNION ALL SELECT FROM streamagg.dirty_day"));
    }

    [Fact]
    public async Task A_row_that_would_not_change_is_not_written()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, Row(0, "x", 1)) with { Watermark = Hour(30).Start });
        await store.PublishAsync(Usage0);
        const string versions = "SELECT xmin::text, computed_at FROM ops_metrics_hourly UNION ALL SELECT xmin::text, computed_at FROM ops_metrics_daily";
        string[] before = await database.RowsAsync(versions);

        // Another rev, the same values.
        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 1, Row(0, "x", 1)));
        (PublishResult hours, PublishResult days) = await store.PublishAsync(Usage0);
        Assert.Equal((new PublishResult(0, 0, 1), new PublishResult(0, 0, 1)), (hours, days));
        Assert.Equal(before, await database.RowsAsync(versions));
        Assert.Equal(["2|2"], await database.RowsAsync("SELECT h.input_rev, d.input_rev FROM streamagg.hour_sketch h, streamagg.day_sketch d"));
    }

    [Fact]
    public async Task A_publisher_that_comes_late_with_an_older_snapshot_changes_nothing()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, Row(0, "x", 1)) with { Watermark = Hour(30).Start });
        Publication<Hour> slow = Merge(Assert.Single((await store.ReadDirtyHoursAsync([Usage0], 10, None)).Buckets));
        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 2, Row(0, "x", 1, 1)));
        await store.PublishAsync(Usage0);
        Assert.Equal(new PublishResult(0, 0, 0), await store.PublishHoursAsync([slow], None));
        Assert.Equal(["2"], await database.RowsAsync("SELECT request_count FROM ops_metrics_hourly"));
    }

    [Fact]
    public async Task A_mark_that_was_set_after_the_snapshot_stays()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, Row(0, "x", 1)) with { Watermark = Hour(30).Start });
        Publication<Hour> seen = Merge(Assert.Single((await store.ReadDirtyHoursAsync([Usage0], 10, None)).Buckets));
        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 2, Row(0, "x", 1, 1)));
        Assert.Equal(1, (await store.PublishHoursAsync([seen], None)).RowsWritten);
        Assert.NotEqual(seen.Mark, Assert.Single((await store.ReadDirtyHoursAsync([Usage0], 10, None)).Buckets).Mark);
        // And the day, which has an hour that is dirty, waits.
        Assert.Empty((await store.ReadDirtyDaysAsync([Usage0], 10, None)).Buckets);
        await store.PublishAsync(Usage0);
        Assert.Equal(["2"], await database.RowsAsync("SELECT request_count FROM ops_metrics_daily"));
    }

    [Fact]
    public async Task A_mark_that_a_checkpoint_holds_is_left_to_the_next_round_without_waiting()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, Row(0, "x", 1)) with { Watermark = Hour(30).Start });
        await using (var connection = await database.Source.OpenConnectionAsync(None))
        await using (var transaction = await connection.BeginTransactionAsync(None))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT FROM streamagg.dirty_hour FOR UPDATE";
            await command.ExecuteNonQueryAsync(None);
            PublishResult published = (await store.PublishAsync(Usage0).WaitAsync(TimeSpan.FromSeconds(4), None)).Hours;
            Assert.Equal(1, published.RowsWritten);
        }
        Assert.Single((await store.ReadDirtyHoursAsync([Usage0], 10, None)).Buckets);
    }

    [Fact]
    public async Task A_batch_job_s_row_that_counts_more_stays_until_ours_counts_as_many()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        await database.ExecuteAsync(
            """
            INSERT INTO ops_metrics_hourly (bucket_start, platform, request_count, success_count, computed_at) VALUES
              ('2026-01-01 00:00Z', 'fewer', 1, 1, '2026-01-02Z'), ('2026-01-01 00:00Z', 'more', 3, 3, '2026-01-02Z'), ('2026-01-01 00:00Z', 'same', 2, 1, '2026-01-02Z');
            INSERT INTO ops_metrics_daily (bucket_date, platform, request_count, success_count) VALUES ('2026-01-01', 'more', 300, 300)
            """);
        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, Row(0, "fewer", 1, 1), Row(0, "more", 1, 1), Row(0, "same", 1, 1)) with { Watermark = Hour(30).Start });
        (PublishResult hours, PublishResult days) = await store.PublishAsync(Usage0);
        Assert.Equal((new PublishResult(2, 1, 0), new PublishResult(2, 1, 0)), (hours, days));
        const string counts = "SELECT platform, request_count, success_count FROM ops_metrics_hourly ORDER BY 1";
        Assert.Equal(["fewer|2|2", "more|3|3", "same|2|2"], await database.RowsAsync(counts));
        // The true part is in the state, and so is the fact.
        Assert.Equal(["fewer|2|False", "more|2|True", "same|2|False"], await database.RowsAsync("SELECT label, success_count, row_kept FROM streamagg.hour_sketch ORDER BY 1"));

        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 2, Row(0, "more", 1, 1, 1)));
        (hours, days) = await store.PublishAsync(Usage0);
        Assert.Equal((new PublishResult(1, 0, 0), new PublishResult(0, 1, 0)), (hours, days));
        Assert.Equal(["0|1"], await database.RowsAsync("SELECT (SELECT count(*) FROM streamagg.hour_sketch WHERE row_kept), (SELECT count(*) FROM streamagg.day_sketch WHERE row_kept)"));
    }

    [Fact]
    public async Task A_day_with_hours_that_somebody_else_counted_and_nobody_here_saw_stays_as_it_is_until_they_are_filled()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        // A batch job's hours 0 to 12 of two labels, and its day of one of them; the stream's first hour is 13.
        await database.ExecuteAsync(
            """
            INSERT INTO ops_metrics_hourly (bucket_start, platform, request_count, success_count)
              SELECT timestamptz '2026-01-01 00:00Z' + i * interval '1 hour', platform, 1, 1 FROM generate_series(0, 12) i, unnest(ARRAY['with day', 'without']) platform;
            INSERT INTO ops_metrics_daily (bucket_date, platform, request_count, success_count) VALUES ('2026-01-01', 'with day', 13, 13)
            """);
        PartialRow[] Seen(string platform, int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(hour => Row(hour, platform, 1, 1, 1))];
        const string days = "SELECT platform, request_count FROM ops_metrics_daily ORDER BY 1", kept = "SELECT label, success_count, row_kept FROM streamagg.day_sketch ORDER BY 1";

        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, [.. Seen("with day", 13, 23), .. Seen("without", 13, 23), .. Seen("new", 13, 23)]) with { Watermark = Hour(30).Start });
        Assert.Equal(new PublishResult(1, 2, 0), (await store.PublishAsync(Usage0)).Days);
        Assert.Equal(["new|33", "with day|13"], await database.RowsAsync(days));
        Assert.Equal(["new|33|False", "with day|33|True", "without|33|True"], await database.RowsAsync(kept));

        // Filled but for one hour, then that one too.
        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 2, [.. Seen("with day", 0, 11), .. Seen("without", 1, 12)]));
        Assert.Equal(new PublishResult(0, 2, 0), (await store.PublishAsync(Usage0)).Days);
        await store.CommitAsync(Checkpoint(Usage0, fence.Next.Next, 3, [.. Seen("with day", 12, 12), .. Seen("without", 0, 0)]));
        Assert.Equal(new PublishResult(2, 0, 0), (await store.PublishAsync(Usage0)).Days);
        Assert.Equal(["new|33", "with day|72", "without|72"], await database.RowsAsync(days));
        Assert.Equal(["new|33|False", "with day|72|False", "without|72|False"], await database.RowsAsync(kept));
        Assert.Empty(await database.RowsAsync("SELECT FROM streamagg.dirty_day"));
    }

    [Fact]
    public async Task A_day_is_the_sum_of_its_hours_and_is_published_when_it_has_ended()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, Row(0, "x", 1_000), Row(23, "x", 3_000), Row(24, "x", 9_000)) with { Watermark = Hour(23).Start });
        Assert.Equal((1, 0), Written(await store.PublishAsync(Usage0)));
        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 1) with { Watermark = Hour(24).Start });
        Assert.Equal((1, 1), Written(await store.PublishAsync(Usage0)));
        Assert.Equal(["01/01/2026|2|2"], await database.RowsAsync("SELECT bucket_date, request_count, avg_latency_ms FROM ops_metrics_daily"));

        // A late event: its hour and its day again, once.
        await store.CommitAsync(Checkpoint(Usage0, fence.Next.Next, 2, Row(0, "x", 1_000, 2_000)));
        Assert.Equal((1, 1), Written(await store.PublishAsync(Usage0)));
        Assert.Equal(["01/01/2026|3|2"], await database.RowsAsync("SELECT bucket_date, request_count, avg_latency_ms FROM ops_metrics_daily"));
        Assert.Equal((0, 0), Written(await store.PublishAsync(Usage0)));

        static (int, int) Written((PublishResult Hours, PublishResult Days) round) => (round.Hours.RowsWritten, round.Days.RowsWritten);
    }

    [Fact]
    public async Task A_limit_cuts_the_oldest_first_and_says_so()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, Row(2, "x", 1), Row(0, "y", 1), Row(0, "x", 1)) with { Watermark = Hour(99).Start });
        DirtySnapshot<Hour> cut = await store.ReadDirtyHoursAsync([Usage0], 2, None);
        Assert.Equal([new BucketKey<Hour>(Hour(0), "x"), new BucketKey<Hour>(Hour(0), "y")], cut.Buckets.Select(hour => hour.Key));
        Assert.True(cut.HasMore);
        Assert.False((await store.ReadDirtyHoursAsync([Usage0], 3, None)).HasMore);
    }

    [Fact]
    public async Task A_database_and_its_sessions_in_Asia_Kolkata_change_nothing()
    {
        PostgresOptions options = await server.CreateDatabaseAsync();
        await using (var before = new TestDatabase(options))
            await before.ExecuteAsync("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Kolkata''', current_database()); END $$");
        await using var database = new TestDatabase(new PostgresOptions { ConnectionString = options.ConnectionString + ";Timezone=Asia/Kolkata" });
        Assert.Equal("Asia/Kolkata", await database.ScalarAsync<string>("SELECT current_setting('TimeZone')"));
        await new Migrator(database.Source, database.Options).MigrateAsync(isDryRun: false, None);

        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        // 18:00 UTC is the half hour before midnight there; 23:00 UTC is the next day.
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, Row(0, "x", 1_000), Row(18, "x", 1_000), Row(23, "x", 1_000), Row(24, "x", 1_000)) with { Watermark = Hour(24).Start });
        await store.PublishAsync(Usage0);
        Assert.Equal(
            ["2026-01-01 00:00:00", "2026-01-01 18:00:00", "2026-01-01 23:00:00"],
            await database.RowsAsync("SELECT (bucket_start AT TIME ZONE 'UTC')::text FROM ops_metrics_hourly ORDER BY 1"));
        Assert.Equal(["2026-01-01|3"], await database.RowsAsync("SELECT bucket_date::text, request_count FROM ops_metrics_daily"));
        Assert.InRange((await store.NowAsync(None) - Instant.FromUtc(TimeProvider.System.GetUtcNow())).TotalSeconds, -5, 5);
    }

    [Fact]
    public async Task The_longest_label_fits_whatever_its_code_points_are()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        string label = string.Concat(Enumerable.Repeat("🦀", 50));
        PostgresStore store = database.Store;
        await store.CommitAsync(Checkpoint(Usage0, await store.FenceAsync(Usage0), 1, Row(0, label, 1)) with { Watermark = Hour(30).Start });
        Assert.Equal(1, (await store.PublishAsync(Usage0)).Days.RowsWritten);
        Assert.Equal([label], await database.RowsAsync("SELECT platform FROM ops_metrics_daily"));
    }
}
