using StreamAgg.Simulation.Mutants;

namespace StreamAgg.Simulation.Running;

/// <summary>Seeds that failed when they were noted, run first by every run, each twice: it must hold and give the same world to the bit.</summary>
/// <remarks>A change to what a world draws makes other worlds of them, so the rules that they found broken have unit tests beside.</remarks>
internal static class Regressions
{
    private static readonly (ulong Seed, string What)[] Seeds =
    [
        (1708, "the largest value of a merged digest was no centroid of its own"),
        (2006, "the epochs of a log that was cut off outlived it"),
        (100849, "a lost answer was waited for without end"),
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
