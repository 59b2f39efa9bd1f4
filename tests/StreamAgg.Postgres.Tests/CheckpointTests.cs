using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Store;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

public class CheckpointTests(TestServer server)
{
    [Fact]
    public async Task A_claim_raises_the_epoch_and_draws_a_token_of_its_own()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PartitionClaim first = await database.Store.ClaimAsync(Usage0, "a", None);
        PartitionClaim second = await database.Store.ClaimAsync(Usage0, "b", None);
        Assert.Equal((1, 0, 0), (first.Fence.Epoch, first.Fence.Checkpoint, first.NextOffset));
        Assert.Equal((2, 0, 0), (second.Fence.Epoch, second.Fence.Checkpoint, second.NextOffset));
        Assert.NotEqual(first.Fence.Claim, second.Fence.Claim);
        Assert.Equal(["b"], await database.RowsAsync("SELECT owner FROM streamagg.source_partition"));
    }

    [Fact]
    public async Task A_topic_is_introduced_once_and_a_partition_that_appears_later_starts_at_0()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Assert.False(await database.Store.IsTopicKnownAsync("usage", None));
        await database.Store.IntroduceTopicAsync("usage", "id", [70, 80], None);
        Assert.True(await database.Store.IsTopicKnownAsync("usage", None));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => database.Store.IntroduceTopicAsync("usage", "id", [1, 2, 3], None)));

        PartitionClaim claim = await database.Store.ClaimAsync(Usage1, "a", None);
        Assert.Equal((80, "id", 1), (claim.NextOffset, claim.TopicId, claim.Fence.Epoch));
        Assert.Equal(0, (await database.Store.ClaimAsync(new SourcePartition("usage", 2), "a", None)).NextOffset);
    }

    [Fact]
    public async Task Two_introductions_at_once_give_no_partition_a_start_that_only_one_of_them_knew()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        for (int round = 0; round < 10; round++)
        {
            string topic = $"topic{round}";
            await Task.WhenAll(database.Store.IntroduceTopicAsync(topic, "id", [10], None), database.Store.IntroduceTopicAsync(topic, "id", [20, 20], None));
            string[] starts = await database.RowsAsync($"SELECT next_offset FROM streamagg.source_partition WHERE topic = '{topic}' ORDER BY partition");
            Assert.Contains(string.Join(' ', starts), (string[])["10", "20 20"]);
        }
    }

    [Fact]
    public async Task What_a_checkpoint_wrote_is_what_the_next_claim_finds()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        var totals = new BucketTotals
        {
            SuccessCount = 9,
            ErrorCount = 7,
            Error4xxCount = 3,
            Error5xxCount = 2,
            TimeoutCount = 1,
            DurationCount = 9,
            DurationSumMicros = new UInt128(4_000, 7),
            DurationMinMicros = 1,
            DurationMaxMicros = 86_400_000_000,
        };
        PartialRow[] rows = [new(Hour(3), "", totals, new byte[] { 1, 2 }), new(Hour(2), "ü🦀", new BucketTotals { ErrorCount = 1 }, default)];
        var watermark = new Instant(Hour(4).Start.UnixTicks + 15);
        await store.CommitAsync(Checkpoint(Usage0, await store.FenceAsync(Usage0), 42, rows) with { LeaderEpoch = 5, Watermark = watermark });

        PartitionClaim claim = await store.ClaimAsync(Usage0, "b", None);
        Assert.Equal((42, 5, 1), (claim.NextOffset, claim.LeaderEpoch, claim.Fence.Checkpoint));
        // Microseconds, never rounded up.
        Assert.Equal(new Instant(watermark.UnixTicks - 5), claim.Watermark);
        PartialRow[] loaded = [.. (await store.LoadPartialsAsync(Usage0, None)).OrderBy(row => row.Key)];
        Assert.Equal([rows[1].Key, rows[0].Key], loaded.Select(row => row.Key));
        Assert.Equal([rows[1].Totals, rows[0].Totals], loaded.Select(row => row.Totals));
        Assert.Equal([0, 2], loaded.Select(row => row.Digests.Latency.Length));
    }

    [Fact]
    public async Task A_zombie_s_checkpoint_writes_nothing_and_names_the_partition_it_lost()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence kept = await store.FenceAsync(Usage0), lost = await store.FenceAsync(Usage1);
        Fence newer = await store.FenceAsync(Usage1);
        CheckpointResult result = await store.CheckpointAsync([Checkpoint(Usage1, lost, 5, Row(0, "x", 1)), Checkpoint(Usage0, kept, 5, Row(0, "x", 1))], None);
        Assert.Equal([Usage1], result.Fenced);
        Assert.Equal(["0|0", "1|0"], await database.RowsAsync("SELECT partition, next_offset FROM streamagg.source_partition ORDER BY 1"));
        Assert.Empty(await database.RowsAsync("SELECT FROM streamagg.partial UNION ALL SELECT FROM streamagg.dirty_hour"));
        await store.CommitAsync(Checkpoint(Usage0, kept, 5), Checkpoint(Usage1, newer, 6));
    }

    [Fact]
    public async Task A_checkpoint_that_is_sent_again_is_fenced_even_if_it_moved_no_offset()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        PartitionCheckpoint checkpoint = Checkpoint(Usage0, await store.FenceAsync(Usage0), 0) with { Folds = [new Fold(Row(0, "x", 1), Changed: true)] };
        await store.CommitAsync(checkpoint);
        Assert.Equal([Usage0], (await store.CheckpointAsync([checkpoint], None)).Fenced);
        Assert.Equal(["1"], await database.RowsAsync("SELECT success_count FROM streamagg.hour_base"));
    }

    [Fact]
    public async Task An_epoch_that_repeats_after_a_failover_is_told_apart_by_the_claim()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Fence zombie = await database.Store.FenceAsync(Usage0);
        // A failover to a standby that had not got the claim yet, and another claim there: the same epoch.
        await database.ExecuteAsync("UPDATE streamagg.source_partition SET epoch = 0");
        Fence owner = await database.Store.FenceAsync(Usage0);
        Assert.Equal(zombie.Epoch, owner.Epoch);
        Assert.False((await database.Store.CheckpointAsync([Checkpoint(Usage0, zombie, 9)], None)).IsCommitted);
        await database.Store.CommitAsync(Checkpoint(Usage0, owner, 9));
        Assert.Equal(owner.Next, (await database.Store.ReadFencesAsync([Usage0, Usage1], None)).Single().Value);
    }

    [Fact]
    public async Task A_claim_waits_for_a_checkpoint_that_is_being_committed_and_then_sees_all_of_it()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Fence zombie = await database.Store.FenceAsync(Usage0);
        await using var connection = await database.Source.OpenConnectionAsync(None);
        await using var transaction = await connection.BeginTransactionAsync(None);
        // The zombie's checkpoint, held just before its COMMIT.
        await database.Store.CommitAsync(Checkpoint(Usage0, zombie, 1, Row(0, "x", 1)));
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = "UPDATE streamagg.source_partition SET next_offset = 5, checkpoint = 2; UPDATE streamagg.partial SET success_count = 5, rev = rev + 1";
            await command.ExecuteNonQueryAsync(None);
        }
        Task<PartitionClaim> claim = database.Store.ClaimAsync(Usage0, "b", None);
        while (await database.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0)
        {
            Assert.False(claim.IsCompleted);
            await Task.Delay(20, None);
        }
        await transaction.CommitAsync(None);
        Assert.Equal((5, 2), ((await claim).NextOffset, (await claim).Fence.Checkpoint));
        Assert.Equal(5, Assert.Single(await database.Store.LoadPartialsAsync(Usage0, None)).Totals.SuccessCount);
    }

    [Fact]
    public async Task A_topic_that_was_made_again_starts_at_0_records_its_gap_and_keeps_what_was_counted()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        Assert.Equal(fence, await store.AdoptTopicIdAsync(Usage0, fence, "first", null, None));
        Assert.Equal(fence, await store.AdoptTopicIdAsync(Usage0, fence, "first", null, None));
        await store.CommitAsync(Checkpoint(Usage0, fence, 9, Row(0, "x", 1)) with { Watermark = Hour(1).Start, LeaderEpoch = 3 });

        var gap = new Gap(Usage0, 9, null, "the topic was made again");
        Assert.Null(await store.AdoptTopicIdAsync(Usage0, fence, "second", gap, None));
        Fence? adopted = await store.AdoptTopicIdAsync(Usage0, fence.Next, "second", gap, None);
        Assert.Equal(fence.Next.Next, adopted);
        Assert.Equal(["second|0|||2"], await database.RowsAsync("SELECT topic_id, next_offset, leader_epoch, watermark, checkpoint FROM streamagg.source_partition"));
        Assert.Equal(["first|9||the topic was made again"], await database.RowsAsync("SELECT topic_id, from_offset, to_offset, reason FROM streamagg.gap"));
        Assert.Single(await store.LoadPartialsAsync(Usage0, None));
        await store.CommitAsync(Checkpoint(Usage0, adopted!.Value, 1));
    }

    [Fact]
    public async Task A_gap_that_is_said_again_is_one_and_ends_where_it_was_last_seen_to_end()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        var gap = new Gap(Usage0, 3, 8, "expired");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.RecordGapAsync(gap, None)));
        await store.CommitAsync(Checkpoint(Usage0, fence, 10) with { Gaps = [gap, gap with { ToOffset = 10 }] });
        await store.RecordGapAsync(gap, None);
        Assert.Equal(["3|10|expired"], await database.RowsAsync("SELECT from_offset, to_offset, reason FROM streamagg.gap"));
    }

    [Fact]
    public async Task A_partition_without_a_watermark_stands_before_one_with_a_watermark_in_one_checkpoint()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence first = await store.FenceAsync(Usage0), second = await store.FenceAsync(Usage1);

        await store.CommitAsync(Checkpoint(Usage0, first, 1), Checkpoint(Usage1, second, 2) with { Watermark = Hour(5).Start });

        Assert.Null((await store.ClaimAsync(Usage0, "b", None)).Watermark);
        Assert.Equal(Hour(5).Start, (await store.ClaimAsync(Usage1, "b", None)).Watermark);
    }

    [Fact]
    public async Task A_watermark_never_goes_back_and_one_that_is_not_known_changes_nothing()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        foreach (Instant? watermark in (Instant?[])[Hour(5).Start, Hour(4).Start, null])
        {
            await store.CommitAsync(Checkpoint(Usage0, fence, 0) with { Watermark = watermark });
            fence = fence.Next;
        }
        Assert.Equal(Hour(5).Start, (await store.ClaimAsync(Usage0, "b", None)).Watermark);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(700)] // more than one statement takes
    public async Task Changed_partials_replace_what_was_there_and_raise_its_rev(int rows)
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, [.. Enumerable.Range(0, rows).Select(i => Row(i % 24, $"p{i}", i))]));
        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 2, [.. Enumerable.Range(0, rows).Select(i => Row(i % 24, $"p{i}", i, i + 1))]));
        Assert.Equal([$"{rows}|2|2|{2 * rows}"], await database.RowsAsync("SELECT count(*), min(rev), max(rev), sum(success_count) FROM streamagg.partial"));
        IReadOnlyList<PartialRow> loaded = await store.LoadPartialsAsync(Usage0, None);
        PartialRow last = loaded.Single(row => row.Label == $"p{rows - 1}");
        Assert.Equal(Row((rows - 1) % 24, $"p{rows - 1}", rows - 1, rows).Totals, last.Totals);
        Assert.Equal(2, Decode(last.Digests.Latency)!.Count);
        Assert.Equal(rows, await database.ScalarAsync<long>("SELECT count(DISTINCT mark) FROM streamagg.dirty_hour"));
    }

    [Fact]
    public async Task First_folds_of_an_hour_by_two_owners_at_once_both_count()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence usage = await store.FenceAsync(Usage0), error = await store.FenceAsync(Error0);
        await store.CommitAsync(Checkpoint(Usage0, usage, 1, Row(0, "x", 10)), Checkpoint(Error0, error, 1, Row(0, "x", 20)));
        await Task.WhenAll(
            store.CommitAsync(Checkpoint(Usage0, usage.Next, 1) with { Folds = [new Fold(Row(0, "x", 10), Changed: false)] }),
            store.CommitAsync(Checkpoint(Error0, error.Next, 2) with { Folds = [new Fold(Row(0, "x", 20, 30), Changed: true)] }));
        // Revs: 1 of the row that did not change; 1 of the other row, and 1 of its change.
        Assert.Equal(["3|3|60|10|30"], await database.RowsAsync("SELECT rev, success_count, duration_sum_micros, duration_min_micros, duration_max_micros FROM streamagg.hour_base"));
        Assert.Empty(await database.RowsAsync("SELECT FROM streamagg.partial"));
        var bytes = await database.ScalarAsync<byte[]>("SELECT digest FROM streamagg.hour_base");
        Assert.Equal((3, 10, 30), (Decode(bytes)!.Count, Decode(bytes)!.Min, Decode(bytes)!.Max));
    }

    [Fact]
    public async Task A_fold_of_several_partitions_in_one_checkpoint_adds_each_key_once()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        SourcePartition[] sources = [Usage0, Usage1, Error0];
        for (int round = 1; round <= 2; round++)
        {
            var checkpoints = new List<PartitionCheckpoint>();
            foreach (SourcePartition source in sources)
                checkpoints.Add(Checkpoint(source, await store.FenceAsync(source), 1) with { Folds = [new Fold(Row(0, "x", 10, 20), Changed: true), new Fold(Row(1, "x"), Changed: true)] });
            await store.CommitAsync([.. checkpoints]);
            Assert.Equal(
                [$"{3 * round}|{6 * round}|{90 * round}", $"{3 * round}|0|0"],
                await database.RowsAsync("SELECT rev, success_count, duration_sum_micros FROM streamagg.hour_base ORDER BY bucket_start"));
        }
        Assert.Equal(12, Decode(await database.ScalarAsync<byte[]>("SELECT digest FROM streamagg.hour_base ORDER BY bucket_start LIMIT 1"))!.Count);
    }

    [Fact]
    public async Task A_fold_that_changes_nothing_wakes_nobody_and_a_late_event_does()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, Row(0, "x", 10)) with { Watermark = Hour(9).Start });
        await store.PublishAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 1) with { Folds = [new Fold(Row(0, "x", 10), Changed: false)] });
        Assert.Empty((await store.ReadDirtyHoursAsync([Usage0], 10, None)).Buckets);

        // Late, counted by a fresh partial, and by the time it is old again folded with its change.
        await store.CommitAsync(Checkpoint(Usage0, fence.Next.Next, 2) with { Folds = [new Fold(Row(0, "x", 30), Changed: true)] });
        Assert.Equal((1, 0, 0), await RowsAsync(store));
        Assert.Equal(["2|0.02"], await database.RowsAsync("SELECT request_count, avg_latency_ms FROM ops_metrics_hourly"));

        static async Task<(int, int, int)> RowsAsync(PostgresStore store)
        {
            PublishResult result = (await store.PublishAsync(Usage0)).Hours;
            return (result.RowsWritten, result.RowsKept, result.RowsUnchanged);
        }
    }

    [Fact]
    public async Task Two_pipelines_on_one_database_do_not_meet()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        var other = new PostgresStore(database.Source, "other", "public");
        Fence ours = await database.Store.FenceAsync(Usage0), theirs = await other.FenceAsync(Usage0);
        await database.Store.CommitAsync(Checkpoint(Usage0, ours, 1, Row(0, "x", 1)) with { Watermark = Hour(9).Start });
        Assert.Empty(await other.LoadPartialsAsync(Usage0, None));
        Assert.Equal(theirs, (await other.ReadFencesAsync([Usage0], None))[Usage0]);
        Assert.Empty((await other.ReadDirtyHoursAsync([Usage0], 10, None)).Buckets);
    }
}
