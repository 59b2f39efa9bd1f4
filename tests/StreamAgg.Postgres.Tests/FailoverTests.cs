using Npgsql;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Store;
using StreamAgg.Testing.Postgres;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

public class FailoverTests(TestServer server)
{
    [Fact]
    public async Task Sessions_that_began_read_only_are_left_when_the_role_may_write_again()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        const string role = "DO $$ BEGIN EXECUTE format('ALTER ROLE test_service IN DATABASE %I {0}', current_database()); END $$";
        await database.ExecuteAsync(role.Replace("{0}", "SET default_transaction_read_only = on", StringComparison.Ordinal));
        await database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'test_service' AND datname = current_database()");

        StoreUnavailableException refused = await RefusedAsync(() => store.CheckpointAsync([Checkpoint(Usage0, fence, 1)], None), "25006");
        Assert.Equal("PostgreSQL refused: cannot execute SELECT FOR UPDATE in a read-only transaction (25006)", refused.Message);
        // What the pipeline would go on from may be an old server's.
        await RefusedAsync(() => store.LoadPartialsAsync(Usage0, None), "25006");
        await RefusedAsync(() => store.ReadFencesAsync([Usage0], None), "25006");

        await database.ExecuteAsync(role.Replace("{0}", "RESET default_transaction_read_only", StringComparison.Ordinal));
        await store.CommitAsync(Checkpoint(Usage0, fence, 1));
        Assert.Empty(await store.LoadPartialsAsync(Usage0, None));
    }

    [Fact]
    public async Task One_address_that_moves_to_the_new_primary_is_followed_while_the_old_one_s_sessions_live()
    {
        await using EmbeddedPostgres old = await TestPostgres.OwnAsync();
        await using EmbeddedPostgres standby = await TestPostgres.StandbyAsync(old);
        await using var address = new CommitProxy(old.Port);
        var options = new PostgresOptions { ConnectionString = new NpgsqlConnectionStringBuilder(old.ConnectionString()) { Port = address.Port }.ConnectionString + ";Target Session Attributes=primary" };
        await using NpgsqlDataSource source = PostgresDataSource.Create(options);
        await new Migrator(source, options).MigrateAsync(isDryRun: false, None);
        var store = new PostgresStore(source, "default", "public");
        Fence fence = await store.FenceAsync(Usage0);
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, Row(0, "x", 1)));

        // Not yet a primary: it is not spoken to.
        await WithinAsync(async () => await SentAsync(old) == await ReplayedAsync(standby));
        await using (NpgsqlDataSource tooEarly = PostgresDataSource.Create(new PostgresOptions { ConnectionString = standby.ConnectionString() + ";Target Session Attributes=read-write" }))
            Assert.Contains("is a standby, and Target Session Attributes wants read-write", (await Assert.ThrowsAsync<StoreUnavailableException>(() => new PostgresStore(tooEarly, "default", "public").NowAsync(None))).Message, StringComparison.Ordinal);

        await standby.PromoteAsync();
        address.ServerPort = standby.Port;
        await TestServer.ExecuteAsync(old.ConnectionString(), "ALTER SYSTEM SET default_transaction_read_only = on");
        await TestServer.ExecuteAsync(old.ConnectionString(), "SELECT pg_reload_conf()");
        // Every session that lives has been told before a new one knows it.
        await WithinAsync(async () => await TextAsync(old, "SHOW default_transaction_read_only") == "on");
        await WithinAsync(async () =>
        {
            try
            {
                await store.CommitAsync(Checkpoint(Usage0, fence.Next, 2, Row(0, "x", 1, 2)));
                return true;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        });
        Assert.Equal(2, Assert.Single(await store.LoadPartialsAsync(Usage0, None)).Totals.SuccessCount);
        await using var there = new TestDatabase(new PostgresOptions { ConnectionString = standby.ConnectionString() });
        Assert.Equal(["2"], await there.RowsAsync("SELECT next_offset FROM streamagg.source_partition"));
    }

    [Fact]
    public async Task Of_several_hosts_the_primary_is_found_before_and_after_a_failover()
    {
        await using EmbeddedPostgres old = await TestPostgres.OwnAsync();
        await using EmbeddedPostgres standby = await TestPostgres.StandbyAsync(old);
        var given = new NpgsqlConnectionStringBuilder(old.ConnectionString());
        var options = new PostgresOptions
        {
            ConnectionString = $"postgresql://{given.Username}:{given.Password}@127.0.0.1:{standby.Port},127.0.0.1:{old.Port}/postgres?target_session_attrs=primary&Host%20Recheck%20Seconds=1",
        };
        await using NpgsqlDataSource source = PostgresDataSource.Create(options);
        await new Migrator(source, options).MigrateAsync(isDryRun: false, None);
        var store = new PostgresStore(source, "default", "public");
        Fence fence = await store.FenceAsync(Usage0);

        await WithinAsync(async () => await SentAsync(old) == await ReplayedAsync(standby));
        await old.StopAsync();
        await standby.PromoteAsync();
        await WithinAsync(async () =>
        {
            try
            {
                return await store.FenceAsync(Usage0) is { Epoch: > 1 };
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        });
        Assert.True((await store.FenceAsync(Usage0)).Epoch > fence.Epoch);
    }

    /// <summary>What the pool still holds of broken sessions fails first.</summary>
    private static async Task<StoreUnavailableException> RefusedAsync(Func<Task> call, string sqlState)
    {
        for (int attempt = 0; ; attempt++)
        {
            StoreUnavailableException away = await Assert.ThrowsAsync<StoreUnavailableException>(call);
            if (away.Message.Contains(sqlState, StringComparison.Ordinal) || attempt == 20)
            {
                Assert.Contains(sqlState, away.Message, StringComparison.Ordinal);
                return away;
            }
        }
    }

    private static async Task WithinAsync(Func<Task<bool>> condition)
    {
        for (int attempt = 0; !await condition(); attempt++)
        {
            Assert.True(attempt < 600, "it does not come about");
            await Task.Delay(100, None);
        }
    }

    private static Task<string> SentAsync(EmbeddedPostgres primary) => TextAsync(primary, "SELECT pg_current_wal_lsn()::text");

    private static Task<string> ReplayedAsync(EmbeddedPostgres standby) => TextAsync(standby, "SELECT pg_last_wal_replay_lsn()::text");

    private static async Task<string> TextAsync(EmbeddedPostgres server, string sql)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString());
        await using NpgsqlCommand command = source.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(None))!;
    }
}
