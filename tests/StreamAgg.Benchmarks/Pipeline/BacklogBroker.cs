using System.Diagnostics;
using System.Globalization;
using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Options;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>A broker that holds the backlog, in a process of its own: its memory and CPU, and the producer's, are not taken for the reader's.</summary>
internal sealed class BacklogBroker : IDisposable
{
    public const string Verb = "hold-backlog";
    public const int PartitionsPerTopic = 12;

    /// <summary>The embedded broker keeps 5 MB a partition, compressed; a real one as much as it is given.</summary>
    private const long EmbeddedEvents = 1_200_000;
    private const long Events = 4_000_000;

    private readonly Process? process;
    private readonly string[] told;

    private BacklogBroker(Process? process, string[] told)
    {
        (this.process, this.told) = (process, told);
        (BootstrapServers, Topics, DeadLetterTopic) = (told[0], new PipelineTopics(told[1], told[2]), told[3]);
        (EventCount, Description) = (long.Parse(told[4], CultureInfo.InvariantCulture), told[5]);
    }

    /// <summary>Another process's, as <see cref="ToString"/> tells of it; to dispose of it does nothing.</summary>
    public static BacklogBroker Of(string told) => new(null, told.Split('\t'));

    public override string ToString() => string.Join('\t', told);

    public string BootstrapServers { get; }

    public PipelineTopics Topics { get; }

    public string DeadLetterTopic { get; }

    public long EventCount { get; }

    /// <summary>Which broker it is.</summary>
    public string Description { get; }

    /// <summary>Returns once the whole backlog is there.</summary>
    /// <exception cref="InvalidOperationException">It could not be produced.</exception>
    public static BacklogBroker Start()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(BacklogBroker).Assembly.Location, Verb])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var started = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        string description = started.StandardOutput.ReadLine() ?? "";
        return started.StandardOutput.ReadLine()?.Split('\t') is { Length: 5 } told
            ? new BacklogBroker(started, [.. told, description])
            : throw new InvalidOperationException("the backlog could not be produced");
    }

    /// <summary>What the other process does: it ends, and the broker with it, when its input ends.</summary>
    /// <returns>An exit code.</returns>
    public static async Task<int> HoldAsync()
    {
        // Prints which broker it is: the first line.
        var kafka = await TestKafka.SharedAsync();
        var topics = new PipelineTopics(TestKafka.NewName("bench.usage"), TestKafka.NewName("bench.errors"));
        await kafka.CreateTopicAsync(topics[EventKind.Usage], PartitionsPerTopic);
        await kafka.CreateTopicAsync(topics[EventKind.Error], PartitionsPerTopic);
        string letters = await kafka.NewTopicAsync("bench.dead-letter", 1);
        long events = kafka.Supports(KafkaFeature.Administration) ? Events : EmbeddedEvents;
        Backlog.Produce(kafka.BootstrapServers, topics, PartitionsPerTopic, events);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kafka.BootstrapServers}\t{topics[EventKind.Usage]}\t{topics[EventKind.Error]}\t{letters}\t{events}"));
        Console.In.ReadToEnd();
        await TestKafka.EndAsync();
        return 0;
    }

    public void Dispose()
    {
        if (process is null)
            return;
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
