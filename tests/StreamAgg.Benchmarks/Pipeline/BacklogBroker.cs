using System.Diagnostics;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>A broker that holds backlogs, in a process of its own: its memory and CPU, and the producer's, are not taken for the reader's.</summary>
internal sealed class BacklogBroker : IDisposable
{
    public const string Verb = "hold-backlog";

    /// <summary>What `pipeline` and `baseline` read.</summary>
    public static readonly BacklogShape Usual = new(Partitions: 12, Events: 4_000_000, HasErrors: true);

    /// <summary>The embedded broker keeps 5 MB a partition, compressed; a real one as much as it is given.</summary>
    private const long EmbeddedEventsAPartition = 50_000;

    private readonly Process process;

    private BacklogBroker(Process process, string description, IReadOnlyList<BacklogTopics> backlogs) =>
        (this.process, Description, Backlogs) = (process, description, backlogs);

    /// <summary>Which broker it is.</summary>
    public string Description { get; }

    /// <summary>One for each shape that it was started with.</summary>
    public IReadOnlyList<BacklogTopics> Backlogs { get; }

    /// <summary>Returns once everything is there.</summary>
    /// <exception cref="InvalidOperationException">It could not be produced.</exception>
    public static BacklogBroker Start(params BacklogShape[] shapes)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(BacklogBroker).Assembly.Location, Verb, .. shapes.Select(shape => shape.ToString())])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var started = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        string description = started.StandardOutput.ReadLine() ?? "";
        return new BacklogBroker(started, description, Array.ConvertAll(
            shapes, _ => BacklogTopics.TryParse(started.StandardOutput.ReadLine()) ?? throw new InvalidOperationException("the backlog could not be produced")));
    }

    /// <summary>What the other process does: it ends, and the broker with it, when its input ends.</summary>
    /// <returns>An exit code.</returns>
    public static async Task<int> HoldAsync(IEnumerable<BacklogShape> shapes)
    {
        // Prints which broker it is: the first line.
        var kafka = await TestKafka.SharedAsync();
        string letters = await kafka.NewTopicAsync("bench.dead-letter", 1);
        foreach (var wanted in shapes)
        {
            int partitions = wanted.Partitions * (wanted.HasErrors ? 2 : 1);
            var shape = kafka.Supports(KafkaFeature.Administration)
                ? wanted
                : wanted with { Events = Math.Min(wanted.Events, EmbeddedEventsAPartition * partitions) };
            var backlog = new BacklogTopics(
                kafka.BootstrapServers,
                await kafka.NewTopicAsync("bench.usage", shape.Partitions),
                shape.HasErrors ? await kafka.NewTopicAsync("bench.errors", shape.Partitions) : "",
                letters,
                shape.Events);
            Backlog.Produce(backlog, shape);
            Console.WriteLine(backlog);
        }

        Console.In.ReadToEnd();
        await TestKafka.EndAsync();
        return 0;
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
