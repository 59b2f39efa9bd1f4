using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Running;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>What it took to bring the whole backlog into a database, from the start of the member to the last checkpoint.</summary>
/// <param name="Counted">Records whose offsets were checkpointed.</param>
/// <param name="Aggregated">Events in the state at the end.</param>
/// <param name="Cpu">Of the whole process, the client's threads and the compiler's included.</param>
/// <param name="Elapsed">By the clock.</param>
/// <param name="AllocatedBytes">Managed ones.</param>
/// <param name="PeakBytes">The largest resident memory seen.</param>
internal readonly record struct BacklogReading(long Counted, long Aggregated, TimeSpan Cpu, TimeSpan Elapsed, long AllocatedBytes, long PeakBytes)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(6);

    /// <param name="backlog">To be read.</param>
    /// <param name="group">Not used before.</param>
    /// <param name="database">Migrated, and empty.</param>
    /// <param name="with">What is changed of the pipeline's options.</param>
    /// <param name="around">What stands between a member and its log.</param>
    public static async Task<BacklogReading> ReadAsync(
        BacklogTopics backlog, string group, NpgsqlDataSource database, Func<PipelineOptions, PipelineOptions>? with = null, Func<IEventLog, IEventLog>? around = null)
    {
        var kafka = backlog.OptionsOf(group);
        var options = new PipelineOptions { CheckpointInterval = TimeSpan.FromSeconds(1) };
        options = with is null ? options : with(options);
        using var metrics = new StreamAggMetrics(group, options.MaxPlatforms);
        using var metadata = new KafkaMetadata(kafka);
        using var deadLetters = new KafkaDeadLetterSink(kafka, NullLogger<KafkaDeadLetterSink>.Instance);
        var services = new MemberServices
        {
            Options = options,
            Topics = backlog.Topics,
            Owner = group,
            Metadata = metadata,
            Store = new PostgresStore(database, options.Id, "public", options.Rollups),
            DeadLetters = deadLetters,
            Metrics = metrics,
            Logger = NullLogger.Instance,
            Time = TimeProvider.System,
            Backoff = new Backoff(new Random(1).NextDouble),
        };
        var runner = new PipelineRunner(services, member =>
        {
            IEventLog log = new KafkaEventLog(kafka, NullLogger<KafkaEventLog>.Instance, member, options.Consumers);
            return around is null ? log : around(log);
        });
        return await WatchAsync(runner, backlog.Events, database, static _ => { });
    }

    /// <param name="runner">To be run until all is counted.</param>
    /// <param name="records">How many there are.</param>
    /// <param name="database">What it writes to.</param>
    /// <param name="look">Told of the resident memory ten times a second.</param>
    public static async Task<BacklogReading> WatchAsync(PipelineRunner runner, long records, NpgsqlDataSource database, Action<long> look)
    {
        using var stop = new CancellationTokenSource();
        using var process = Process.GetCurrentProcess();
        GC.Collect();
        var cpuBefore = Environment.CpuUsage.TotalTime;
        long allocatedBefore = GC.GetTotalAllocatedBytes(), counted = 0, peakBytes = 0;
        var wall = Stopwatch.StartNew();
        var run = runner.RunAsync(stop.Token);
        while (counted < records && wall.Elapsed < Deadline && !run.IsCompleted)
        {
            await Task.Delay(100);
            counted = await NumberAsync(database, "SELECT coalesce(sum(next_offset), 0)::bigint FROM streamagg.source_partition");
            process.Refresh();
            peakBytes = Math.Max(peakBytes, process.WorkingSet64);
            look(process.WorkingSet64);
        }

        var (cpu, elapsed, allocated) = (Environment.CpuUsage.TotalTime - cpuBefore, wall.Elapsed, GC.GetTotalAllocatedBytes() - allocatedBefore);
        await stop.CancelAsync();
        await run;
        long aggregated = await NumberAsync(
            database,
            """
            SELECT coalesce(sum(success_count + error_count), 0)::bigint
            FROM (SELECT rollup, success_count, error_count FROM streamagg.partial UNION ALL SELECT rollup, success_count, error_count FROM streamagg.hour_base) counted
            WHERE rollup = 'platform'
            """);
        return new BacklogReading(counted, aggregated, cpu, elapsed, allocated, peakBytes);
    }

    private static async Task<long> NumberAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
