using System.Globalization;
using StreamAgg.Simulation.Mutants;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Running;

/// <summary>What a person reads of a run.</summary>
internal static class Report
{
    private const int LastSteps = 60;

    /// <summary>One line that overwrites itself, where a terminal shows it.</summary>
    public static Action<SeedRun>? Progress(long total)
    {
        if (Console.IsOutputRedirected)
            return null;
        double shown = 0;
        return run =>
        {
            double now = run.Elapsed.TotalSeconds;
            if (now - shown < 0.2 && run.Done < total)
                return;
            shown = now;
            int filled = (int)(30 * run.Done / total);
            long faults = Faults(run.Happenings);
            Console.Write(string.Create(CultureInfo.InvariantCulture,
                $"\r[{new string('#', filled)}{new string('.', 30 - filled)}] {run.Done}/{total} seeds, {run.SeedsPerSecond:F0}/s, "
                + $"{run.SimulatedSeconds / 3600:F1} h simulated, {faults / Math.Max(0.001, now):F0} faults/s   {(run.Done == total ? "\n" : "")}"));
        };
    }

    public static void Summary(SeedRun run) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{run.Done} seeds in {run.Elapsed.TotalSeconds:F1} s ({run.SeedsPerSecond:F0}/s), {run.SimulatedSeconds / 3600:F1} hours simulated, "
        + $"{run.Steps} steps, {Faults(run.Happenings)} faults, worlds {run.Fingerprint:x16}"));

    /// <returns>What was never met.</returns>
    public static IReadOnlyList<Happening> Coverage(Happenings happenings)
    {
        var never = new List<Happening>();
        Console.WriteLine("How often each fault and rare branch was taken:");
        foreach (Happening happening in Enum.GetValues<Happening>())
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {happenings[happening],12} {happening}"));
            if (happenings[happening] == 0)
                never.Add(happening);
        }
        return never;
    }

    /// <summary>Runs the seed again with its trace on and shows its end.</summary>
    public static void Failure(ulong seed, Mutant mutant)
    {
        var world = new World(seed, mutant, isTraced: true);
        world.Run();
        List<string> lines = world.Trace.Lines;
        Console.WriteLine($"The last steps of seed {seed} (all of them: --seed {seed}):");
        for (int i = Math.Max(0, lines.Count - LastSteps); i < lines.Count; i++)
            Console.WriteLine(lines[i]);
        Console.WriteLine($"FAILED seed {seed}: {world.Violation?.Invariant}");
        Console.WriteLine($"  {world.Violation?.What}");
    }

    private static long Faults(Happenings happenings)
    {
        long faults = 0;
        for (Happening happening = Happening.LockTimeout; happening <= Happening.CommitLostAndLate; happening++)
            faults += happenings[happening];
        for (Happening happening = Happening.MemberKilled; happening <= Happening.ClockJump; happening++)
            faults += happenings[happening];
        return faults;
    }
}
