using Npgsql;
using StreamAgg.Benchmarks.Decoding;
using StreamAgg.Benchmarks.Reporting;
using StreamAgg.Core.Rollups;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>The whole job on one member: read, decode, count, checkpoint, publish. CPU is the whole process's, the client's threads included.</summary>
internal static class PipelineBenchmark
{
    private const int WarmReadings = 5;

    /// <summary>Of each of 24 partitions, 50 events each: 1,000 durations in each of 9,600 partials.</summary>
    private const int ManyRecords = 8_000;

    public static async Task RunAsync(Report report)
    {
        using var broker = BacklogBroker.Start(BacklogBroker.Usual);
        var backlog = broker.Backlogs[0];
        report.Setting($"one member, 12 + 12 partitions, {backlog.Events:#,0} events of 200 bytes, 5 platforms, a checkpoint each second");
        report.Setting(broker.Description);
        await using var postgres = await EmbeddedPostgres.CreateAsync(new EmbeddedPostgresOptions { IsDurable = true });

        // The code of the hot path is compiled in the first reading and there in the others, as in a service that runs for days. Memory is that
        // of the first: a service has one reader, not one after another.
        report.Section("Reading a backlog");
        var first = await ReadAsync(backlog, postgres, "first");
        List<BacklogReading> warm = [];
        List<double> walks = [];
        for (int i = 0; i < WarmReadings; i++)
        {
            warm.Add(await ReadAsync(backlog, postgres, $"warm{i}"));
            walks.Add(CpuClock.Nanoseconds(Yardstick.Walk, Yardstick.Records).Min() / 1000);
        }

        double[] Of(Func<BacklogReading, double> figure) => [.. warm.Select(figure)];
        double[] cost = Of(reading => reading.Cpu.TotalMicroseconds / backlog.Events);
        report.Ratio($"the whole job of an event / {Yardstick.Name}", cost, walks);
        report.Add("events a second and core", Of(reading => backlog.Events / reading.Cpu.TotalSeconds), "", Goal.AtLeast(400_000));
        report.Add("CPU of an event", cost, "us");
        report.Add("CPU of an event in a process that has just started", first.Cpu.TotalMicroseconds / backlog.Events, "us");
        report.Add("events a second, elapsed", Of(reading => backlog.Events / reading.Elapsed.TotalSeconds), "");
        report.Add("managed bytes allocated, an event, checkpoints and all", Of(reading => (double)reading.AllocatedBytes / backlog.Events), "B");
        report.Add("resident memory at most", first.PeakBytes / 1e6, "MB", Goal.AtMost(250));
        await AddManyAsync(report, postgres, 100, ManyRecords, 350e6);
        await AddManyAsync(report, postgres, 1000, ManyRecords / 10, 512 << 20);
    }

    /// <summary>A new database, with its tables.</summary>
    public static async Task<NpgsqlDataSource> MigratedAsync(string server, string name, params IReadOnlyList<Rollup> rollups)
    {
        await using (var administrator = NpgsqlDataSource.Create(server))
        await using (var create = administrator.CreateCommand($"CREATE DATABASE {name}"))
            await create.ExecuteNonQueryAsync();
        var options = new PostgresOptions { ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ToString() };
        options = options with { Rollups = [.. options.Rollups, .. rollups] };
        var database = PostgresDataSource.Create(options);
        var migrator = new Migrator(database, options);
        await migrator.MigrateAsync(isDryRun: false, CancellationToken.None);
        await migrator.RegisterPipelineAsync(CancellationToken.None);
        return database;
    }

    public static async Task<string> VersionAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("SHOW server_version");
        return $"PostgreSQL {await command.ExecuteScalarAsync()}";
    }

    private static async Task<BacklogReading> ReadAsync(BacklogTopics backlog, EmbeddedPostgres postgres, string name)
    {
        await using var database = await MigratedAsync(postgres.ConnectionString(), name);
        var reading = await BacklogReading.ReadAsync(backlog, name, database);
        return reading.Counted == backlog.Events && reading.Aggregated == backlog.Events
            ? reading
            : throw new InvalidOperationException($"{reading.Counted} of {backlog.Events} records were read and {reading.Aggregated} counted");
    }

    /// <summary>Every platform in every hour and partition, as many durations in each as fill a digest, or ten in each of ten times as many: there
    /// every event is a row of its own to write, and what PostgreSQL writes in a second is what is read.</summary>
    private static async Task AddManyAsync(Report report, EmbeddedPostgres postgres, int platforms, int records, double mostBytes)
    {
        string name = $"platforms{platforms}";
        await (await MigratedAsync(postgres.ConnectionString(), name)).DisposeAsync();
        long events = (long)records * ManyPlatformsLog.EventsARecord * ManyPlatformsLog.Partitions;
        report.Section($"{ManyPlatformsLog.Partitions} partitions x {platforms} platforms x {ManyPlatformsLog.Hours} hours, {events:#,0} events, without the Kafka client");
        var read = ManyPlatforms.Read(postgres.ConnectionString(name), platforms, records);
        if (read.Counted != events)
            throw new InvalidOperationException($"{read.Counted} of {events} events were counted");
        report.Add("held at most", read.HeldBytes / 1e6, "MB");
        report.Add("looks that found the reading paused", read.Pauses, "");
        report.Add("elapsed", read.Seconds, "s");
        report.Add("resident memory at most", read.PeakBytes / 1e6, "MB", Goal.AtMost(mostBytes / 1e6));
    }
}
