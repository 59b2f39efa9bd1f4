using System.Net;
using System.Net.Sockets;
using Npgsql;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Store;
using StreamAgg.Testing.Postgres;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

public class FaultTests(TestServer server)
{
    [Theory]
    [InlineData("08006", true)] // connection failure
    [InlineData("25006", true)] // read-only after a failover
    [InlineData("25P02", false)] // a statement after a swallowed error
    [InlineData("25P03", true)] // idle in transaction
    [InlineData("28P01", true)] // a password that rotates
    [InlineData("40001", true)]
    [InlineData("40P01", true)]
    [InlineData("42501", false)] // no right
    [InlineData("42P01", false)] // no table
    [InlineData("21000", false)] // a key twice in one statement
    [InlineData("23505", false)]
    [InlineData("3D000", false)] // no database
    [InlineData("53100", true)] // disk full
    [InlineData("53300", true)] // too many connections
    [InlineData("55P03", true)] // lock_timeout
    [InlineData("57014", true)] // statement_timeout
    [InlineData("57P01", true)]
    [InlineData("57P02", true)]
    [InlineData("57P03", true)]
    [InlineData("58030", true)]
    [InlineData("XX001", false)] // corrupt data
    public void A_fault_is_waited_out_only_where_it_can_pass(string sqlState, bool isTransient) =>
        Assert.Equal(isTransient, DatabaseFaults.IsTransient(sqlState));

    [Fact]
    public async Task A_server_that_speaks_another_protocol_counts_as_away()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task answering = AnswerAsync();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using NpgsqlDataSource source = PostgresDataSource.Create(
            new PostgresOptions { ConnectionString = $"Host=127.0.0.1;Port={port};Username=a;Database=a" });

        var away = await Assert.ThrowsAsync<StoreUnavailableException>(() => new PostgresStore(source, "default", "public").NowAsync(None));
        Assert.DoesNotContain('\n', away.Message);
        await answering;

        async Task AnswerAsync()
        {
            using TcpClient client = await listener.AcceptTcpClientAsync(None);
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), None);
        }
    }

    [Theory]
    [InlineData(AtCommit.CutAfter, true)]
    [InlineData(AtCommit.CutBefore, false)]
    [InlineData(AtCommit.Swallow, false)]
    internal async Task A_COMMIT_without_an_answer_is_unknown_and_the_fences_tell(AtCommit mode, bool isCommitted)
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        var wire = new NpgsqlConnectionStringBuilder(database.Options.ConnectionString) { CommandTimeout = 2 };
        await using var proxy = new CommitProxy(wire.Port);
        wire.Port = proxy.Port;
        await using NpgsqlDataSource source = PostgresDataSource.Create(new PostgresOptions { ConnectionString = wire.ConnectionString });
        var store = new PostgresStore(source, "default", "public");
        Fence fence = await store.FenceAsync(Usage0);

        proxy.Mode = mode;
        await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => store.CheckpointAsync([Checkpoint(Usage0, fence, 7, Row(0, "x", 1))], None));
        proxy.Mode = AtCommit.Pass;
        Assert.Equal(isCommitted ? fence.Next : fence, (await store.ReadFencesAsync([Usage0], None))[Usage0]);
        Assert.Equal(isCommitted ? 1 : 0, (await store.LoadPartialsAsync(Usage0, None)).Count);
        // Restored and sent again it is written once, whatever became of the first (whose locks the server frees after 5 s at the most).
        Assert.Equal(!isCommitted, (await database.Store.CheckpointAsync([Checkpoint(Usage0, fence, 7, Row(0, "x", 1))], None)).IsCommitted);
        Assert.Equal(["7|1"], await database.RowsAsync("SELECT s.next_offset, p.success_count FROM streamagg.source_partition s, streamagg.partial p"));
    }

    [Fact]
    public async Task A_session_that_is_killed_before_COMMIT_has_written_nothing()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Fence fence = await database.Store.FenceAsync(Usage0);
        await using NpgsqlConnection blocker = await database.Source.OpenConnectionAsync(None);
        await using NpgsqlTransaction holding = await blocker.BeginTransactionAsync(None);
        await using (var hold = new NpgsqlCommand("LOCK TABLE streamagg.dirty_hour", blocker))
            await hold.ExecuteNonQueryAsync(None);
        Task<CheckpointResult> checkpoint = database.Store.CheckpointAsync([Checkpoint(Usage0, fence, 7, Row(0, "x", 1))], None);
        const string waiting = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while (await database.ScalarAsync<long>($"SELECT count(*) {waiting}") == 0)
            await Task.Delay(20, None);
        await database.ExecuteAsync($"SELECT pg_terminate_backend(pid) {waiting}");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => checkpoint);
        await holding.RollbackAsync(None);
        await database.Store.CommitAsync(Checkpoint(Usage0, fence, 7, Row(0, "x", 1)));
    }

    [Fact]
    public async Task A_claim_that_a_hung_owner_blocks_gives_up_and_is_free_again_in_seconds()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await database.Store.FenceAsync(Usage0);
        Task hung = StoreTransaction.WriteAsync(database.Source, async transaction =>
        {
            await transaction.ExecuteAsync("SELECT FROM streamagg.source_partition FOR UPDATE");
            await Task.Delay(TimeSpan.FromSeconds(8), None);
            await transaction.ExecuteAsync("UPDATE streamagg.source_partition SET next_offset = 99");
            return true;
        }, None);
        while (await database.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'") == 0)
            await Task.Delay(20, None);
        // The hung owner's transaction is ended by the server after 5 s, before the wait for it is (6 s).
        Assert.Equal(2, (await database.Store.FenceAsync(Usage0)).Epoch);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => hung);
        Assert.Equal(0, (await database.Store.ClaimAsync(Usage0, "c", None)).NextOffset);
    }

    [Fact]
    public async Task A_read_only_database_is_an_outage()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Fence fence = await database.Store.FenceAsync(Usage0);
        await database.ExecuteAsync("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$");
        await using var after = new TestDatabase(new PostgresOptions { ConnectionString = database.Options.ConnectionString + ";Application Name=after" });
        StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => after.Store.CheckpointAsync([Checkpoint(Usage0, fence, 1)], None));
        Assert.Equal("PostgreSQL refused: cannot execute SELECT FOR UPDATE in a read-only transaction (25006)", refused.Message);
    }

    [Fact]
    public async Task A_role_s_default_isolation_and_the_session_s_settings_decide_nothing()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await database.ExecuteAsync("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''serializable''', current_database()); END $$");
        await using var after = new TestDatabase(new PostgresOptions { ConnectionString = database.Options.ConnectionString + ";Application Name=after" });
        Assert.Equal("serializable", await after.ScalarAsync<string>("SHOW transaction_isolation"));
        const string settings =
            """
            SELECT concat_ws(' ', current_setting('transaction_isolation'), current_setting('transaction_read_only'), current_setting('lock_timeout'),
              current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'), current_setting('tcp_keepalives_idle'))
            """;
        string write = "", read = "";
        await StoreTransaction.WriteAsync(after.Source, async transaction =>
        {
            await transaction.QueryAsync(settings, null, row => write = row.GetString(0));
            return true;
        }, None);
        await StoreTransaction.ReadAsync(after.Source, async transaction =>
        {
            await transaction.QueryAsync(settings, null, row => read = row.GetString(0));
            return true;
        }, None);
        Assert.Equal("read committed off 6s 15s 5s 10", write);
        Assert.Equal("repeatable read on 6s 15s 5s 10", read);
        // Local to the transaction: the next one to use the session through a pooler finds it as it was.
        Assert.Equal("0", await after.ScalarAsync<string>("SHOW statement_timeout"));
    }

    [Fact]
    public async Task A_mistake_of_ours_is_not_taken_for_an_outage()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Fence fence = await database.Store.FenceAsync(Usage0);
        PostgresException thrown = await Assert.ThrowsAsync<PostgresException>(
            () => database.Store.CheckpointAsync([Checkpoint(Usage0, fence, 1, Row(0, "x", 1), Row(0, "x", 2))], None));
        Assert.Equal("21000", thrown.SqlState);
    }

    [Fact]
    public async Task A_password_is_read_from_its_file_at_each_new_connection()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await database.ExecuteAsync("DROP ROLE IF EXISTS rotating; CREATE ROLE rotating SUPERUSER LOGIN PASSWORD 'one'");
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "one\n", None);
            var user = new NpgsqlConnectionStringBuilder(database.Options.ConnectionString) { Username = "rotating", Password = null, Pooling = false };
            await using var rotating = new TestDatabase(new PostgresOptions { ConnectionString = user.ConnectionString, PasswordFile = file });
            await rotating.Store.FenceAsync(Usage0);
            await database.ExecuteAsync("ALTER ROLE rotating PASSWORD 'two'");
            StoreUnavailableException refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => rotating.Store.FenceAsync(Usage0));
            Assert.Contains("28P01", refused.Message, StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, "two\n", None);
            Assert.Equal(2, (await rotating.Store.FenceAsync(Usage0)).Epoch);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_server_that_stops_hangs_or_dies_is_an_outage_and_is_used_again_when_it_is_back()
    {
        await using EmbeddedPostgres own = await TestPostgres.OwnAsync();
        var options = new PostgresOptions { ConnectionString = own.ConnectionString() + ";Command Timeout=2;Timeout=2" };
        await using var database = new TestDatabase(options);
        await new Migrator(database.Source, options).MigrateAsync(isDryRun: false, None);
        Fence fence = await database.Store.FenceAsync(Usage0);

        async Task WorksAsync()
        {
            // What the pool still holds of the old server's connections fails first.
            for (int attempt = 0; ; attempt++)
            {
                try
                {
                    await database.Store.CommitAsync(Checkpoint(Usage0, fence, 1));
                    fence = fence.Next;
                    return;
                }
                catch (StoreUnavailableException) when (attempt < 10)
                {
                    await Task.Delay(50, None);
                }
            }
        }

        await WorksAsync();
        await own.StopAsync();
        StoreUnavailableException stopped = await Assert.ThrowsAsync<StoreUnavailableException>(() => database.Store.NowAsync(None));
        Assert.DoesNotContain('\n', stopped.Message);
        await own.StartAsync();
        await WorksAsync();

        own.Pause();
        Task<StoreUnavailableException> hung = Assert.ThrowsAsync<StoreUnavailableException>(() => database.Store.CheckpointAsync([Checkpoint(Usage0, fence, 1)], None));
        await hung.WaitAsync(TimeSpan.FromMinutes(2), None);
        own.Resume();
        await WorksAsync();

        await own.KillAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => database.Store.NowAsync(None));
        await own.StartAsync();
        await WorksAsync();
    }

    [Fact]
    public async Task A_checkpoint_that_its_caller_gave_up_is_never_committed()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Fence fence = await database.Store.FenceAsync(Usage0);
        await using NpgsqlConnection blocker = await database.Source.OpenConnectionAsync(None);
        await using NpgsqlTransaction holding = await blocker.BeginTransactionAsync(None);
        await using (var hold = new NpgsqlCommand("LOCK TABLE streamagg.dirty_hour", blocker))
            await hold.ExecuteNonQueryAsync(None);
        using var patience = new CancellationTokenSource();
        Task<CheckpointResult> checkpoint = database.Store.CheckpointAsync([Checkpoint(Usage0, fence, 7, Row(0, "x", 1))], patience.Token);
        while (await database.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0)
            await Task.Delay(20, None);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => checkpoint);
        await holding.RollbackAsync(None);
        // The next one waits for the row that the abandoned one still holds, and finds its fence as it was.
        await database.Store.CommitAsync(Checkpoint(Usage0, fence, 8));
        Assert.Empty(await database.Store.LoadPartialsAsync(Usage0, None));
    }

    [Fact]
    public async Task A_wait_that_its_caller_breaks_off_ends_at_once_even_while_the_server_hangs()
    {
        await using EmbeddedPostgres own = await TestPostgres.OwnAsync();
        await using var database = new TestDatabase(new PostgresOptions { ConnectionString = own.ConnectionString() });
        await database.Store.NowAsync(None);
        own.Pause();
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => database.Store.NowAsync(patience.Token)).WaitAsync(TimeSpan.FromSeconds(10), None);
        own.Resume();
        await database.Store.NowAsync(None);
    }
}
