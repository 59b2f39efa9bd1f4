using StreamAgg.Simulation.Mutants;

namespace StreamAgg.Simulation.Running;

/// <summary>Each mutant has to be found; a harmless one must not be.</summary>
internal static class MutantRun
{
    private const long HarmlessSeeds = 200;

    /// <returns>How many were judged as they should be, and how many were not.</returns>
    public static (int Passed, int Failed) Run(int threads)
    {
        int passed = 0, failed = 0;
        foreach (Mutant mutant in MutantList.All)
        {
            var run = new SeedRun(1, mutant.Patience, threads, mutant, progress: null);
            run.Run();
            if (run.Failure is { } failure)
            {
                passed++;
                Console.WriteLine($"  found    {mutant.Name,-45} seed {failure.Seed,5}: {failure.Violation.Invariant}");
            }
            else
            {
                failed++;
                Console.WriteLine($"  ESCAPED  {mutant.Name,-45} {run.Done} seeds");
            }
        }

        foreach (Mutant mutant in MutantList.Harmless)
        {
            var run = new SeedRun(1, HarmlessSeeds, threads, mutant, progress: null);
            run.Run();
            if (run.Failure is { } cried)
            {
                failed++;
                Console.WriteLine($"  WRONGLY FOUND {mutant.Name} seed {cried.Seed}: {cried.Violation.Invariant}: {cried.Violation.What}");
            }
            else
            {
                passed++;
                Console.WriteLine($"  harmless {mutant.Name,-45} {run.Done} seeds");
            }
        }
        return (passed, failed);
    }
}
