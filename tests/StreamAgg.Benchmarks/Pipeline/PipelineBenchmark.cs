using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Kafka.Facts;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>The whole job on one member: read, decode, count, checkpoint, publish. CPU is the whole process's, the client's threads included.</summary>
internal static class PipelineBenchmark
{
    private const int CheckpointPartials = 1000;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    /// <summary>The share of the backlog that is read before the measuring begins: the runtime compiles the code of the hot path twice meanwhile.</summary>
    private const double WarmUp = 0.3;

    public static bool Run() => RunAsync().GetAwaiter().GetResult();

    private static async Task<bool> RunAsync()
    {
        Console.WriteLine($"\npipeline: 12 + 12 partitions, 200 byte events, 5 platforms, one member; {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}");
        using var broker = BacklogBroker.Start();
        Console.WriteLine(broker.Description);
        await using var postgres = await EmbeddedPostgres.CreateAsync(new EmbeddedPostgresOptions { IsDurable = true });
        await postgres.CreateDatabaseAsync("bench");
        var options = new PostgresOptions { ConnectionString = postgres.ConnectionString("bench") };
        await using var database = PostgresDataSource.Create(options);
        var migrator = new Migrator(database, options);
        await migrator.MigrateAsync(isDryRun: false, CancellationToken.None);
        await migrator.RegisterPipelineAsync(CancellationToken.None);

        bool met = await ReadBacklogAsync(broker, database);
        return await CheckpointsAsync(database) && met;
    }

    private static async Task<bool> ReadBacklogAsync(BacklogBroker broker, NpgsqlDataSource database)
    {
        var kafkaOptions = new KafkaOptions
        {
            BootstrapServers = broker.BootstrapServers,
            GroupId = "bench",
            UsageTopic = broker.Topics.Usage,
            ErrorTopic = broker.Topics.Error,
            DeadLetterTopic = broker.DeadLetterTopic,
        };
        var options = new PipelineOptions { CheckpointInterval = TimeSpan.FromSeconds(1) };
        using var metrics = new StreamAggMetrics(kafkaOptions.GroupId, options.MaxPlatforms);
        using var facts = new KafkaLogFacts(kafkaOptions);
        using var deadLetters = new KafkaDeadLetterSink(kafkaOptions, NullLogger<KafkaDeadLetterSink>.Instance);
        var store = new PostgresStore(database, options.Id, "public");
        var random = new Random(1);
        var services = new MemberServices
        {
            Options = options,
            Topics = broker.Topics,
            Owner = "bench",
            Facts = facts,
            Store = store,
            DeadLetters = deadLetters,
            Metrics = metrics,
            Logger = NullLogger.Instance,
            Time = TimeProvider.System,
            Backoff = new Backoff(random.NextDouble),
        };
        var runner = new PipelineRunner(services, _ => new KafkaEventLog(kafkaOptions, NullLogger<KafkaEventLog>.Instance));
        using var stop = new CancellationTokenSource();
        using var process = Process.GetCurrentProcess();
        var wall = Stopwatch.StartNew();
        var run = runner.RunAsync(stop.Token);
        Usage? warm = null;
        long peakBytes = 0;
        while (true)
        {
            await Task.Delay(50);
            var now = await Usage.NowAsync(process, wall, database);
            peakBytes = Math.Max(peakBytes, process.WorkingSet64);
            if (warm is null && now.Counted >= WarmUp * broker.EventCount)
                warm = now;
            if (now.Counted >= broker.EventCount || wall.Elapsed > Deadline || run.IsCompleted)
                break;
        }

        var all = await Usage.NowAsync(process, wall, database);
        await stop.CancelAsync();
        await run;
        long aggregated = await AggregatedAsync(database);
        if (all.Counted != broker.EventCount || aggregated != broker.EventCount || warm is not { } from)
        {
            Console.WriteLine($"  {all.Counted} of {broker.EventCount} records were read and {aggregated} counted within {Deadline.TotalSeconds:0} s: NOT MET");
            return false;
        }

        Plain("events", broker.EventCount, "");
        double events = all.Counted - from.Counted, cpuSeconds = (all.Cpu - from.Cpu).TotalSeconds;
        double perCore = events / cpuSeconds;
        bool fast = Judge("events a second and core, once warm", perCore, "400,000 at least", perCore >= 400_000);
        Plain("CPU an event", cpuSeconds * 1e6 / events, "us");
        Plain("CPU an event, start and warm-up included", all.Cpu.TotalSeconds * 1e6 / all.Counted, "us");
        Plain("events a second, elapsed", events / (all.Elapsed - from.Elapsed).TotalSeconds, "");
        Plain("managed bytes an event", (all.Allocated - from.Allocated) / events, "B");
        double megabytes = peakBytes / 1e6;
        return Judge("resident memory at most", megabytes, "250 MB at most", megabytes <= 250) && fast;
    }

    private static async Task<bool> CheckpointsAsync(NpgsqlDataSource database)
    {
        var store = new PostgresStore(database, "checkpoints", "public");
        var source = new SourcePartition("bench", 0);
        await store.IntroduceTopicAsync(source.Topic, "id", [0], CancellationToken.None);
        var claim = await store.ClaimAsync(source, "bench", CancellationToken.None);
        var fence = await store.AdoptTopicIdAsync(source, claim.Fence, "id", null, CancellationToken.None) ?? claim.Fence;
        var times = new List<double>();
        for (int round = 0; round < 20; round++)
        {
            var rows = Backlog.Partials(CheckpointPartials, round);
            long startedAt = Stopwatch.GetTimestamp();
            var result = await store.CheckpointAsync(
                [new PartitionCheckpoint { Source = source, Fence = fence, NextOffset = round + 1, Changed = rows }], CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
            if (!result.IsCommitted)
                throw new InvalidOperationException("the benchmark's checkpoint was fenced");
            fence = fence.Next;
        }

        times.Sort();
        return Judge("checkpoint of 1,000 partials, median of 20", times[10], "100 ms at most", times[10] <= 100);
    }

    private static async Task<long> AggregatedAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            """
            SELECT coalesce(sum(success_count + error_count), 0)::bigint FROM (
              SELECT success_count, error_count FROM streamagg.partial WHERE pipeline = 'default'
              UNION ALL SELECT success_count, error_count FROM streamagg.hour_base WHERE pipeline = 'default') counted
            """);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static void Plain(string name, double value, string unit) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-58}{value,14:#,0.##} {unit}"));

    private static bool Judge(string name, double value, string goal, bool met)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-58}{value,14:#,0.##}   goal: {goal}   {(met ? "met" : "NOT MET")}"));
        return met;
    }

    /// <summary>What the process has used up to now, and what it has checkpointed for it.</summary>
    private readonly record struct Usage(long Counted, TimeSpan Cpu, TimeSpan Elapsed, long Allocated)
    {
        public static async Task<Usage> NowAsync(Process process, Stopwatch wall, NpgsqlDataSource database)
        {
            await using var command = database.CreateCommand("SELECT coalesce(sum(next_offset), 0)::bigint FROM streamagg.source_partition WHERE pipeline = 'default'");
            long counted = (long)(await command.ExecuteScalarAsync())!;
            process.Refresh();
            return new Usage(counted, process.TotalProcessorTime, wall.Elapsed, GC.GetTotalAllocatedBytes());
        }
    }
}
