using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Mutants;
using StreamAgg.Simulation.Swarm;

namespace StreamAgg.Simulation.Running;

/// <summary>A seed is one world: the same plan on every machine and in every year, and the same run to the last step, watched or not.</summary>
/// <remarks>The run itself is not pinned, for every change of the pipeline changes it; what is drawn for it is.</remarks>
internal static class Repeatability
{
    private const ulong PinnedPlans = 0xadc0bb45afd51612;

    private const ulong Plans = 1000;

    private const ulong Worlds = 12;

    public static (int Passed, int Failed) Run()
    {
        int passed = 0, failed = 0;
        if (HashOfPlans() is var plans && plans == PinnedPlans)
        {
            passed++;
        }
        else
        {
            failed++;
            Console.WriteLine($"seeds 1 to {Plans} draw other worlds than they did: {plans:x16}. Where that is meant, Repeatability.PinnedPlans says so.");
        }

        for (ulong seed = 1; seed <= Worlds; seed++)
        {
            var world = new World(seed, Mutant.None, isTraced: false);
            world.Run();
            var again = new World(seed, Mutant.None, isTraced: true);
            again.Run();
            if (world.Scheduler.Fingerprint == again.Scheduler.Fingerprint)
            {
                passed++;
                continue;
            }
            failed++;
            Console.WriteLine($"seed {seed} ran twice and made two worlds: {world.Scheduler.Fingerprint:x16} and {again.Scheduler.Fingerprint:x16}");
        }
        return (passed, failed);
    }

    private static ulong HashOfPlans()
    {
        ulong hash = 14695981039346656037;
        for (ulong seed = 1; seed <= Plans; seed++)
        {
            WorldPlan plan = WorldPlan.Draw(new Prng(seed).Fork());
            Mix((ulong)plan.Members);
            Mix((ulong)(plan.UsagePartitions + (10 * plan.ErrorPartitions)));
            Mix((ulong)plan.Records);
            Mix((ulong)plan.TrafficMicros);
            Mix((ulong)plan.Start.UnixTicks);
            Mix((ulong)BitConverter.DoubleToInt64Bits(plan.Habits.LateChance));
            foreach (var (at, fault) in plan.Faults)
                Mix((ulong)at + ((ulong)fault << 48));
        }
        return hash;

        void Mix(ulong value) => hash = (hash ^ value) * 1099511628211;
    }
}
