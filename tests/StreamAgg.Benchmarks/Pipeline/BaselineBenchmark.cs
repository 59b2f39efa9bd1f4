using System.Globalization;
using System.Runtime.InteropServices;
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

    public static bool Run() => RunAsync().GetAwaiter().GetResult();

    private static async Task<bool> RunAsync()
    {
        Console.WriteLine($"\nbaseline: one member, 12 + 12 partitions, 200 byte events; {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}");
        using var broker = BacklogBroker.Start();
        Console.WriteLine(broker.Description);
        await using var postgres = await EmbeddedPostgres.CreateAsync(new EmbeddedPostgresOptions { IsDurable = true });
        var costs = ReaderProcess.Kinds.ToDictionary(kind => kind, _ => new List<double>(), StringComparer.Ordinal);
        for (int round = 0; round < Rounds; round++)
        {
            foreach (string kind in ReaderProcess.Kinds)
                costs[kind].Add(ReaderProcess.Read(kind, $"baseline-{kind}-{round}", broker, postgres.ConnectionString()));
        }

        var ratios = Enumerable.Range(0, Rounds).Select(round => costs[ReaderProcess.Job][round] / costs[ReaderProcess.Plain][round]).Order().ToList();
        double ratio = ratios[Rounds / 2];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {"the whole job / a plain Consume loop, median of 5 pairs",-58}{ratio,8:0.00} ({ratios[0]:0.00} to {ratios[^1]:0.00})   goal: {MostOfPlain} at most   {(ratio <= MostOfPlain ? "met" : "NOT MET")}"));
        foreach (var (kind, values) in costs)
        {
            values.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {ReaderProcess.Describe(kind),-58}{values[Rounds / 2],8:0.00} us of CPU an event once warm ({values[0]:0.00} to {values[^1]:0.00})"));
        }

        return ratio <= MostOfPlain;
    }
}
