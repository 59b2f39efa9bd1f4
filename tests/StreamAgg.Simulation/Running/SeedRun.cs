using System.Diagnostics;
using StreamAgg.Simulation.Mutants;
using StreamAgg.Simulation.Proof;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Running;

/// <summary>Many worlds, each alone on a thread, and what they met.</summary>
internal sealed class SeedRun(ulong first, long count, int threads, Mutant mutant, Action<SeedRun>? progress)
{
    private readonly Lock gate = new();
    private readonly Stopwatch clock = new();
    private ulong next = first;
    private ulong end = first + (ulong)count;

    public long Done { get; private set; }

    public double SimulatedSeconds { get; private set; }

    public long Steps { get; private set; }

    /// <summary>Of all worlds, whatever order they ran in: two runs of the same seeds must show the same.</summary>
    public ulong Fingerprint { get; private set; }

    public Happenings Happenings { get; } = new();

    /// <summary>The smallest seed that failed; null while none did.</summary>
    public (ulong Seed, Violation Violation)? Failure { get; private set; }

    public TimeSpan Elapsed => clock.Elapsed;

    public double SeedsPerSecond => Done / Math.Max(0.001, clock.Elapsed.TotalSeconds);

    public void Run()
    {
        clock.Start();
        var workers = new List<Thread>();
        for (int i = 1; i < threads; i++)
        {
            var worker = new Thread(Work) { IsBackground = true };
            worker.Start();
            workers.Add(worker);
        }
        Work();
        foreach (Thread worker in workers)
            worker.Join();
        clock.Stop();
    }

    private void Work()
    {
        // Nothing in a world flows with the context, so nothing is paid for carrying it along.
        using AsyncFlowControl still = ExecutionContext.SuppressFlow();
        while (true)
        {
            ulong seed;
            lock (gate)
            {
                if (next >= end)
                    return;
                seed = next++;
            }
            var world = new World(seed, mutant, isTraced: false);
            world.Run();
            lock (gate)
            {
                Done++;
                Steps += world.Scheduler.Steps;
                Fingerprint += world.Scheduler.Fingerprint * ((2 * seed) + 1);
                SimulatedSeconds += world.Scheduler.NowMicros / 1e6;
                Happenings.Add(world.Happenings);
                if (world.Violation is { } violation && (Failure is null || seed < Failure.Value.Seed))
                {
                    // Seeds below are still run: the smallest failing one is reported, however many threads there are.
                    Failure = (seed, violation);
                    end = seed;
                }
                progress?.Invoke(this);
            }
        }
    }
}
