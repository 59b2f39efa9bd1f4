using Npgsql;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Store;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

/// <summary>
/// The protocol's statements together: members steal partitions from each other, crash, lose their connection in the middle and at
/// COMMIT; two publishers; all the while a monitor holds every snapshot against a recount.
/// </summary>
public class StressTests(TestServer server, ITestOutputHelper output)
{
    private const int Seed = 3;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task Under_theft_crashes_lost_answers_and_killed_sessions_every_snapshot_is_a_recount()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        var log = new StressLog(Seed, Length);
        using var stop = new CancellationTokenSource(Length);
        var counts = new StressCounts();

        Task[] members = [.. Enumerable.Range(0, 3).Select(number => Task.Run(() => RunMemberAsync(database, log, number, counts, stop.Token), None))];
        Task[] publishers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() => RunPublisherAsync(database, counts, stop.Token), None))];
        Task[] all = [.. members, .. publishers, Task.Run(() => RunMonitorAsync(database, log, counts, stop.Token), None)];
        // The first failure ends the run: the others would only hide it.
        while (all.Any(task => !task.IsCompleted) && !all.Any(task => task.IsFaulted))
            await Task.WhenAny([.. all.Where(task => !task.IsCompleted)]);
        await stop.CancelAsync();
        await Task.WhenAll(all);

        // Quiet, by connections that nobody has killed: one member takes all and reads to the end, a publisher goes on until nothing is dirty.
        await using var quiet = new TestDatabase(new PostgresOptions { ConnectionString = database.Options.ConnectionString + ";Application Name=quiet" });
        var last = new StressMember(quiet.Store, log, new Random(Seed), counts);
        for (int partition = 0; partition < StressLog.Partitions; partition++)
        {
            await last.ClaimAsync(partition);
            last.Read(partition, StressLog.Events);
        }
        while (last.HasChanges)
            await last.CheckpointAsync(foldShare: 0, beforeCommit: null);
        for (int round = 0; round < 5; round++)
            await quiet.Store.PublishAsync(StressLog.Sources);
        await new StressMonitor(quiet, log).CheckAsync();

        Assert.Equal(["0|0"], await quiet.RowsAsync("SELECT (SELECT count(*) FROM streamagg.dirty_hour), (SELECT count(*) FROM streamagg.dirty_day)"));
        Assert.Equal([$"{log.Requests(_ => true)}"], await quiet.RowsAsync("SELECT sum(request_count) FROM ops_metrics_hourly"));
        Assert.Equal([$"{log.Requests(hour => hour < 2)}"], await quiet.RowsAsync("SELECT request_count FROM ops_metrics_daily WHERE bucket_date = '2026-01-01'"));
        output.WriteLine($"seed {Seed}: {counts}");
        Assert.All((string[])["checkpoint", "fenced", "fold", "answer lost", "hours published", "snapshot"], what => Assert.True(counts[what] > 0, $"no {what}: {counts}"));
    }

    private static async Task RunMemberAsync(TestDatabase database, StressLog log, int number, StressCounts counts, CancellationToken stop)
    {
        var random = new Random((Seed * 100) + number);
        int port = new NpgsqlConnectionStringBuilder(database.Options.ConnectionString).Port;
        await using var proxy = new CommitProxy(port);
        var wire = new NpgsqlConnectionStringBuilder(database.Options.ConnectionString) { Port = proxy.Port, CommandTimeout = 5 };
        await using NpgsqlDataSource source = PostgresDataSource.Create(new PostgresOptions { ConnectionString = wire.ConnectionString });
        var member = new StressMember(new PostgresStore(source, "default", "public"), log, random, counts);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (member.IsIdle || random.NextDouble() < 0.06)
                    await member.ClaimAsync(random.Next(StressLog.Partitions));
                if (random.NextDouble() < 0.02)
                    member.Crash();
                member.ReadSome();
                AtCommit mode = random.NextDouble() < 0.05 ? random.Next(2) == 0 ? AtCommit.CutAfter : AtCommit.CutBefore : AtCommit.Pass;
                await member.CheckpointAsync(foldShare: 0.25, () => proxy.Mode = mode);
            }
            catch (Exception failed) when (failed is StoreUnavailableException or CommitOutcomeUnknownException)
            {
                // Outside of a checkpoint nothing is known any more: as after a crash.
                member.Crash();
                counts.Add("claim again");
            }
            proxy.Mode = AtCommit.Pass;
        }
    }

    private static async Task RunPublisherAsync(TestDatabase database, StressCounts counts, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                (PublishResult hours, PublishResult days) = await database.Store.PublishAsync(StressLog.Sources);
                counts.Add("hours published", hours.RowsWritten);
                counts.Add("days published", days.RowsWritten);
                await Task.Delay(5, None);
            }
            catch (Exception failed) when (failed is StoreUnavailableException or CommitOutcomeUnknownException)
            {
                counts.Add("publish again");
            }
        }
    }

    private static async Task RunMonitorAsync(TestDatabase database, StressLog log, StressCounts counts, CancellationToken stop)
    {
        await using var watching = new TestDatabase(new PostgresOptions { ConnectionString = database.Options.ConnectionString + ";Application Name=monitor" });
        var random = new Random(Seed);
        var monitor = new StressMonitor(watching, log);
        while (!stop.IsCancellationRequested)
        {
            await monitor.CheckAsync();
            counts.Add("snapshot");
            if (random.NextDouble() < 0.2)
                counts.Add("killed", (await watching.RowsAsync(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'streamagg' ORDER BY random() LIMIT 1")).Length);
            await Task.Delay(30, None);
        }
    }
}
