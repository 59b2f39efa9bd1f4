using StreamAgg.Benchmarks.Reporting;
using StreamAgg.Core.Rollups;
using StreamAgg.Embedded.Postgres;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>Whether an event costs the same whatever there is of partitions, platforms, open hours and members.</summary>
internal static class ScaleBenchmark
{
    private const int Rounds = 5;
    private const long Events = 2_000_000;

    /// <summary>Of one event among the most, over one among the fewest.</summary>
    private const double MostGrowth = 1.1;

    /// <summary>Of a rollup.</summary>
    private const int Keys = 10_000;

    /// <summary>That an event may cost more for each rollup, in microseconds.</summary>
    private const double MostARollup = 0.12;

    private static readonly Case
        Usual = new("24 partitions, 10 platforms, 1 open hour, 1 member", new BacklogShape(24, Events, Platforms: 10)),
        OnePartition = new("1 partition", Usual.Shape with { Partitions = 1 }),
        ManyPartitions = new("256 partitions", Usual.Shape with { Partitions = 256 }),
        OnePlatform = new("1 platform", Usual.Shape with { Platforms = 1 }),
        ManyPlatforms = new("500 platforms", Usual.Shape with { Platforms = 500 }),
        ManyHours = new("24 open hours", Usual.Shape with { OpenHours = 24 }),
        TwoMembers = new("2 members", Usual.Shape, Members: 2),
        ManyMembers = new("4 members", Usual.Shape, Members: 4),
        OneRollup = new("1 rollup", Usual.Shape) { Rollups = [new("by_model", ["model"], Keys)] },
        ThreeRollups = new("3 rollups", Usual.Shape) { Rollups = [.. OneRollup.Rollups, new("overall", [], Keys), new("both", ["platform", "model"], Keys)] };

    private static readonly Case[] Cases =
        [Usual, OnePartition, ManyPartitions, OnePlatform, ManyPlatforms, ManyHours, TwoMembers, ManyMembers, OneRollup, ThreeRollups];

    public static async Task RunAsync(Report report)
    {
        BacklogShape[] shapes = [.. Cases.Select(one => one.Shape).Distinct()];
        using var broker = BacklogBroker.Start(shapes);
        var backlogs = shapes.Zip(broker.Backlogs).ToDictionary(pair => pair.First, pair => pair.Second);
        report.Setting($"events of 200 bytes; {Usual.Name}, but for what a line names");
        report.Setting(broker.Description);
        await using var postgres = await EmbeddedPostgres.CreateAsync(new EmbeddedPostgresOptions { IsDurable = true });
        report.Section("CPU of an event, in the second half of a backlog");
        var costs = Cases.ToDictionary(one => one, _ => new List<double>());
        for (int round = -1; round < Rounds; round++)
        {
            for (int i = 0; i < Cases.Length; i++)
            {
                // One reading compiles for all.
                if (round >= 0 || i == 0)
                {
                    double cost = await ReadAsync(Cases[i], backlogs[Cases[i].Shape], postgres, $"scale_{round + 1}_{i}");
                    if (round >= 0)
                        costs[Cases[i]].Add(cost);
                }
            }
        }

        AddRatio(ManyPartitions, OnePartition, Goal.AtMost(MostGrowth));
        AddRatio(ManyPlatforms, OnePlatform, Goal.AtMost(MostGrowth));
        AddRatio(ManyHours, Usual);
        AddRatio(TwoMembers, Usual);
        AddRatio(ManyMembers, Usual);
        AddRatio(OneRollup, Usual);
        AddRatio(ThreeRollups, Usual);
        report.Add("a rollup more, of three", [.. costs[ThreeRollups].Zip(costs[Usual], (with, without) => (with - without) / 3)], "us", Goal.AtMost(MostARollup));
        foreach (Case one in Cases)
            report.Add($"{one.Name}, {backlogs[one.Shape].Events:#,0} events", costs[one], "us");

        void AddRatio(Case one, Case other, Goal? goal = null) =>
            report.Ratio($"{one.Name} / {(other == Usual ? "as usual" : other.Name)}", costs[one], costs[other], goal);
    }

    private static async Task<double> ReadAsync(Case one, BacklogTopics backlog, EmbeddedPostgres postgres, string name)
    {
        await using var database = await PipelineBenchmark.MigratedAsync(postgres.ConnectionString(), name, one.Rollups);
        var cpu = new SteadyCpu(backlog.Events);
        // An hour is open for as long as the grace says, and a partial of it is not folded.
        var reading = await BacklogReading.ReadAsync(
            backlog, name, database,
            options => options with
            {
                Consumers = one.Members,
                Grace = TimeSpan.FromHours(one.Shape.OpenHours),
                Events = options.Events with { Rollups = one.Rollups },
            },
            cpu.Around);
        return reading.Aggregated == backlog.Events
            ? cpu.MicrosecondsAnEvent
            : throw new InvalidOperationException($"{one.Name}: {reading.Aggregated} of {backlog.Events} events were counted");
    }

    private sealed record Case(string Name, BacklogShape Shape, int Members = 1)
    {
        /// <summary>Beside that by platform.</summary>
        public Rollup[] Rollups { get; init; } = [];
    }
}
