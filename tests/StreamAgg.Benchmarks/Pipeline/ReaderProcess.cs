using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Kafka.Log;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>Reads a backlog several times in a process of its own, and tells what the last time took: the code is compiled then.</summary>
internal static class ReaderProcess
{
    public const string Verb = "read-backlog";

    /// <summary>A loop around the managed client's Consume; the reading of a member, its records counted; the whole job.</summary>
    public const string Plain = "plain", Batch = "batch", Job = "job";

    /// <summary>The last one counts. The code is compiled anew where it runs hot until some ten million events are read.</summary>
    private const int Passes = 3;

    public static readonly string[] Kinds = [Plain, Batch, Job];

    public static string Describe(string kind) => kind switch
    {
        Plain => "a plain Consume loop, the client's default queues",
        Batch => "a member's reading alone, its records counted",
        _ => "the whole job",
    };

    /// <returns>Microseconds of CPU an event.</returns>
    public static double Read(string kind, string group, BacklogTopics backlog, string connection)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ReaderProcess).Assembly.Location, Verb, kind, group, backlog.ToString(), connection])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        string told = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return double.TryParse(told, CultureInfo.InvariantCulture, out double cost)
            ? cost
            : throw new InvalidOperationException($"the process that reads ({kind}) said: {told}");
    }

    /// <summary>What the other process does.</summary>
    /// <returns>An exit code.</returns>
    public static async Task<int> RunAsync(string kind, string group, string told, string connection)
    {
        var backlog = BacklogTopics.TryParse(told) ?? throw new ArgumentException("it does not say where the backlog lies", nameof(told));
        var cost = TimeSpan.Zero;
        for (int pass = 0; pass < Passes; pass++)
            cost = kind == Job ? await RunJobAsync(backlog, $"{group}-{pass}", connection) : Measure(() => Count(kind, backlog, $"{group}-{pass}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cost.TotalMicroseconds / backlog.Events}"));
        return 0;
    }

    private static async Task<TimeSpan> RunJobAsync(BacklogTopics backlog, string name, string connection)
    {
        await using var database = await PipelineBenchmark.MigratedAsync(connection, name.Replace('-', '_'));
        var reading = await BacklogReading.ReadAsync(backlog, name, database);
        return reading.Aggregated == backlog.Events ? reading.Cpu : throw new InvalidOperationException($"{reading.Aggregated} events were counted");
    }

    private static TimeSpan Measure(Action read)
    {
        var before = Environment.CpuUsage.TotalTime;
        read();
        return Environment.CpuUsage.TotalTime - before;
    }

    private static void Count(string kind, BacklogTopics backlog, string group)
    {
        if (kind == Plain)
            CountPlainly(backlog, group);
        else
            CountBatches(backlog, group);
    }

    private static void CountPlainly(BacklogTopics backlog, string group)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = backlog.BootstrapServers,
            GroupId = group,
            AutoOffsetReset = AutoOffsetReset.Earliest,
        }).Build();
        consumer.Subscribe(backlog.Topics.All);
        for (long count = 0; count < backlog.Events;)
            count += consumer.Consume(TimeSpan.FromSeconds(1)) is null ? 0 : 1;
        consumer.Close();
    }

    private static void CountBatches(BacklogTopics backlog, string group)
    {
        using var log = new KafkaEventLog(backlog.OptionsOf(group), NullLogger<KafkaEventLog>.Instance);
        var counter = new Counter(log);
        log.Subscribe();
        while (counter.Count < backlog.Events)
        {
            counter.Advance();
            log.Poll(TimeSpan.FromMilliseconds(100), counter);
        }

        log.Close(counter);
    }

    /// <summary>Starts every partition at its beginning and counts.</summary>
    private sealed class Counter(KafkaEventLog log) : ILogHandler
    {
        private readonly List<SourcePartition> assigned = [];

        public long Count { get; private set; }

        public void OnRecord(in LogRecord record) => Count++;

        public void OnAssigned(IReadOnlyList<SourcePartition> partitions) => assigned.AddRange(partitions);

        public void Advance()
        {
            foreach (SourcePartition source in assigned)
                log.Start(source, 0, null);
            assigned.Clear();
        }

        public bool IsReleased(SourcePartition source) => true;

        public void OnPosition(SourcePartition source, long nextOffset)
        {
            // Records are counted.
        }

        public void OnRevoking(IReadOnlyList<SourcePartition> partitions)
        {
            // Nothing is kept of them.
        }

        public void OnRevoked(IReadOnlyList<SourcePartition> partitions)
        {
            // Nothing is kept of them.
        }

        public void OnLost(IReadOnlyList<SourcePartition> partitions) => throw new InvalidOperationException("the group has lost its only member");

        public void OnOutOfRange(SourcePartition source, long offset, string reason) => throw new InvalidOperationException(reason);
    }
}
