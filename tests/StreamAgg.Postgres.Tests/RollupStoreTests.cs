using Npgsql;
using StreamAgg.Core.Rollups;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Schema;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

/// <summary>A rollup that comes while others write.</summary>
public sealed class RollupStoreTests(TestServer server)
{
    [Fact]
    public async Task A_claim_that_waited_for_a_member_that_knows_a_rollup_is_refused_to_one_that_does_not()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await database.Store.FenceAsync(Usage0);
        await using NpgsqlConnection other = await database.Source.OpenConnectionAsync(None);
        await using NpgsqlTransaction claiming = await other.BeginTransactionAsync(None);
        await ExecuteAsync(other, "UPDATE streamagg.source_partition SET epoch = epoch + 1");
        Task<PartitionClaim> claim = database.Store.ClaimAsync(Usage0, "before", None);
        await WaitForLockAsync(database, claim);
        await MigrateAsync(database);
        await ExecuteAsync(other, "UPDATE streamagg.source_partition SET rollups = ARRAY(SELECT id FROM streamagg.rollup)");
        await claiming.CommitAsync(None);

        await Assert.ThrowsAsync<PipelineStoppedException>(() => claim);
        Assert.Equal(["2|1"], await database.RowsAsync("SELECT epoch, cardinality(rollups) FROM streamagg.source_partition"));
    }

    [Fact]
    public async Task A_rollup_begins_behind_what_a_replay_counts_without_it()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await database.ExecuteAsync("INSERT INTO streamagg.pipeline (id, publish_schema) VALUES ('default', 'public')");
        await using NpgsqlConnection other = await database.Source.OpenConnectionAsync(None);
        await using NpgsqlTransaction replaying = await other.BeginTransactionAsync(None);
        await ExecuteAsync(other, "SELECT FROM streamagg.pipeline FOR SHARE");
        Task migration = MigrateAsync(database);
        await WaitForLockAsync(database, migration);
        await database.Store.CommitAsync(Checkpoint(Usage0, await database.Store.FenceAsync(Usage0), 1, Row(5, "x", 1)));
        await replaying.CommitAsync(None);
        await migration;

        Assert.Equal(["by_model|t"], await database.RowsAsync("SELECT name, CASE WHEN complete_from = '2026-01-01T06:00Z' THEN 't' ELSE complete_from::text END FROM streamagg.rollup"));
    }

    private static async Task MigrateAsync(TestDatabase database)
    {
        var options = database.Options with { Rollups = [Rollup.ByPlatform(int.MaxValue), new Rollup("by_model", ["model"], 10)] };
        await new Migrator(database.Source, options).MigrateAsync(isDryRun: false, None);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(None);
    }

    private static async Task WaitForLockAsync(TestDatabase database, Task waiting)
    {
        while (await database.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0)
        {
            Assert.False(waiting.IsCompleted, "it does not wait");
            await Task.Delay(20, None);
        }
    }
}
