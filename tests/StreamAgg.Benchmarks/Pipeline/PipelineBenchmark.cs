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
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>The whole job on one member: read, decode, count, checkpoint, publish. CPU is the whole process's, the client's threads included.</summary>
internal static class PipelineBenchmark
{
    public const string BacklogVerb = "produce-backlog";

    private const int PartitionsPerTopic = 12;
    private const int CheckpointPartials = 1000;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    public static bool Run() => RunAsync().GetAwaiter().GetResult();

    private static async Task<bool> RunAsync()
    {
        Console.WriteLine($"\npipeline: 12 + 12 partitions, 200 byte events, 5 platforms, one member; {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}");
        var kafka = await TestKafka.SharedAsync();

        // The embedded broker keeps 5 MB a partition; a real one holds a backlog that lasts some seconds.
        long events = kafka.Cluster is null ? 480_000 : 4_000_000;
        await using var postgres = await EmbeddedPostgres.CreateAsync(new EmbeddedPostgresOptions { IsDurable = true });
        await postgres.CreateDatabaseAsync("bench");
        var options = new PostgresOptions { ConnectionString = postgres.ConnectionString("bench") };
        await using var database = PostgresDataSource.Create(options);
        var migrator = new Migrator(database, options);
        await migrator.MigrateAsync(isDryRun: false, CancellationToken.None);
        await migrator.RegisterPipelineAsync(CancellationToken.None);

        var topics = new PipelineTopics(TestKafka.NewName("bench.usage"), TestKafka.NewName("bench.errors"));
        await kafka.CreateTopicAsync(topics.Usage, PartitionsPerTopic);
        await kafka.CreateTopicAsync(topics.Error, PartitionsPerTopic);
        ProduceElsewhere(kafka, topics, events);
        bool met = await ReadBacklogAsync(kafka, topics, database, events);
        return await CheckpointsAsync(database) && met;
    }

    /// <summary>Produces the backlog of the arguments: in a process of its own, so that its memory and CPU are not taken for the reader's.</summary>
    /// <returns>An exit code.</returns>
    public static int ProduceBacklog(string[] arguments)
    {
        Backlog.Produce(arguments[0], new PipelineTopics(arguments[1], arguments[2]), PartitionsPerTopic, long.Parse(arguments[3], CultureInfo.InvariantCulture));
        return 0;
    }

    private static void ProduceElsewhere(TestKafka kafka, PipelineTopics topics, long events)
    {
        string[] arguments =
        [
            typeof(PipelineBenchmark).Assembly.Location, BacklogVerb, kafka.BootstrapServers, topics.Usage, topics.Error,
            events.ToString(CultureInfo.InvariantCulture),
        ];
        using var producer = Process.Start("dotnet", arguments);
        producer.WaitForExit();
        if (producer.ExitCode != 0)
            throw new InvalidOperationException("the backlog could not be produced");
    }

    private static async Task<bool> ReadBacklogAsync(TestKafka kafka, PipelineTopics topics, NpgsqlDataSource database, long events)
    {
        var kafkaOptions = new KafkaOptions
        {
            BootstrapServers = kafka.BootstrapServers,
            GroupId = TestKafka.NewName("bench"),
            UsageTopic = topics.Usage,
            ErrorTopic = topics.Error,
            DeadLetterTopic = await kafka.NewTopicAsync("bench.dead-letter", 1),
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
            Topics = topics,
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
        GC.Collect();
        var cpuBefore = process.TotalProcessorTime;
        long allocatedBefore = GC.GetTotalAllocatedBytes();
        var wall = Stopwatch.StartNew();
        var run = runner.RunAsync(stop.Token);
        long counted = 0, peakBytes = 0;
        while (counted < events && wall.Elapsed < Deadline && !run.IsCompleted)
        {
            await Task.Delay(100);
            process.Refresh();
            peakBytes = Math.Max(peakBytes, process.WorkingSet64);
            counted = await CountedAsync(database);
        }

        process.Refresh();
        double cpuSeconds = (process.TotalProcessorTime - cpuBefore).TotalSeconds;
        long allocated = GC.GetTotalAllocatedBytes() - allocatedBefore;
        double seconds = wall.Elapsed.TotalSeconds;
        await stop.CancelAsync();
        await run;
        long aggregated = await AggregatedAsync(database);
        if (counted != events || aggregated != events)
        {
            Console.WriteLine($"  {counted} of {events} records were read and {aggregated} counted within {Deadline.TotalSeconds:0} s: NOT MET");
            return false;
        }

        double perCore = events / cpuSeconds;
        bool fast = Judge("events a second and core", perCore, "400,000 at least", perCore >= 400_000);
        Plain("CPU an event", cpuSeconds * 1e6 / events, "us");
        Plain("events a second, elapsed", events / seconds, "");
        Plain("managed bytes an event", (double)allocated / events, "B");
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

    private static async Task<long> CountedAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("SELECT coalesce(sum(next_offset), 0)::bigint FROM streamagg.source_partition WHERE pipeline = 'default'");
        return (long)(await command.ExecuteScalarAsync())!;
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
}
