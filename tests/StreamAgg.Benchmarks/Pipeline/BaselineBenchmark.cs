using StreamAgg.Benchmarks.Reporting;
using StreamAgg.Embedded.Postgres;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>
/// What the whole job costs beside reading alone: processes of their own read the same backlog in turns, and their CPU is the operating system's figure.
/// </summary>
internal static class BaselineBenchmark
{
    private const int Rounds = 5;

    /// <summary>Of the plain loop's CPU.</summary>
    private const double MostOfPlain = 0.35;

    public static async Task RunAsync(Report report)
    {
        using var broker = BacklogBroker.Start(BacklogBroker.Usual);
        var backlog = broker.Backlogs[0];
        report.Setting($"one member, 12 + 12 partitions, {backlog.Events:#,0} events of 200 bytes, each process's third reading");
        report.Setting(broker.Description);
        await using var postgres = await EmbeddedPostgres.CreateAsync(new EmbeddedPostgresOptions { IsDurable = true });
        report.Section("CPU of an event, once warm");
        var costs = ReaderProcess.Kinds.ToDictionary(kind => kind, _ => new List<double>(), StringComparer.Ordinal);
        for (int round = 0; round < Rounds; round++)
        {
            foreach (string kind in ReaderProcess.Kinds)
                costs[kind].Add(ReaderProcess.Read(kind, $"baseline-{kind}-{round}", backlog, postgres.ConnectionString()));
        }

        report.Ratio("the whole job / a plain Consume loop", costs[ReaderProcess.Job], costs[ReaderProcess.Plain], Goal.AtMost(MostOfPlain));
        report.Ratio("a member's reading alone / a plain Consume loop", costs[ReaderProcess.Batch], costs[ReaderProcess.Plain]);
        foreach (var (kind, values) in costs)
            report.Add(ReaderProcess.Describe(kind), values, "us");
    }
}
