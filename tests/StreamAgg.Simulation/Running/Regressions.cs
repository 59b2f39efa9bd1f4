using StreamAgg.Simulation.Mutants;

namespace StreamAgg.Simulation.Running;

/// <summary>Seeds that once failed, run first by every run, and seeds that must give the same world twice.</summary>
/// <remarks>A change to what a world draws makes other worlds of them; the rules that they found broken have unit tests beside.</remarks>
internal static class Regressions
{
    private static readonly (ulong Seed, string What)[] Seeds =
    [
        (1, "a log that was cut off and grew again kept its reader in a circle"),
        (76, "an election behind a control record was taken for a truncation"),
        (125, "a partition that was fenced while it was given up was claimed again"),
    ];

    public static (int Passed, int Failed) Run()
    {
        int passed = 0, failed = 0;
        foreach (var (seed, what) in Seeds)
        {
            var world = new World(seed, Mutant.None, isTraced: false);
            world.Run();
            var again = new World(seed, Mutant.None, isTraced: true);
            again.Run();
            if (world.Violation is not null)
            {
                failed++;
                Console.WriteLine($"seed {seed} fails again ({what}): {world.Violation.Invariant}: {world.Violation.What}");
            }
            else if (world.Scheduler.Fingerprint != again.Scheduler.Fingerprint)
            {
                failed++;
                Console.WriteLine($"seed {seed} ran twice and made two worlds: {world.Scheduler.Fingerprint:x16} and {again.Scheduler.Fingerprint:x16}");
            }
            else
            {
                passed++;
            }
        }
        return (passed, failed);
    }
}
