using System.Diagnostics;
using StreamAgg.Fuzz.Targets;

namespace StreamAgg.Fuzz;

/// <summary>All inputs of one target: the kept ones, then those that a seed makes, in parts of a fixed size, so that threads change nothing.</summary>
internal static class Campaign
{
    private const int PartLength = 50_000;

    /// <summary>More than any target has kinds of answers.</summary>
    private const int MaxPool = 2000;

    /// <returns>False where an input broke a promise: it is printed, and kept.</returns>
    public static bool Run(Func<Target> make, long count, int seed)
    {
        Target first = make();
        var kept = new KeptInputs(first.Name);
        foreach ((string name, byte[] input) in kept.All)
        {
            if (FaultOf(first, input, out _) is { } fault)
            {
                Console.WriteLine($"[FAIL] {first.Name}: the kept input {name}: {fault}");
                return false;
            }
        }

        long began = Stopwatch.GetTimestamp(), tried = 0;
        int kinds = 0;
        bool holds = true;
        var threads = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, (int)((count + PartLength - 1) / PartLength), threads, (part, loop) =>
        {
            Target target = make();
            var mutator = new Mutator(new Random(unchecked((seed * 1_000_003) + part)), target.Words);
            var pool = new List<byte[]>([.. target.Seeds, .. kept.All.Select(one => one.Input)]);
            var heard = new HashSet<string>(StringComparer.Ordinal);
            for (long left = Math.Min(PartLength, count - ((long)part * PartLength)); left > 0 && !loop.IsStopped; left--)
            {
                byte[] input = mutator.Next(pool);
                if (FaultOf(target, input, out string made) is { } fault)
                {
                    Console.WriteLine($"[FAIL] {target.Name}, --seed {seed}, part {part}: {fault} (kept as {kept.Keep(input)}, replayed first from now on)");
                    holds = false;
                    loop.Stop();
                }
                if (pool.Count < MaxPool && heard.Add(made))
                    pool.Add(input);
                Interlocked.Increment(ref tried);
            }
            int most;
            while ((most = Volatile.Read(ref kinds)) < heard.Count && Interlocked.CompareExchange(ref kinds, heard.Count, most) != most)
                continue;
        });
        Console.WriteLine(FormattableString.Invariant(
            $"{first.Name}: {kept.All.Count} kept, {tried} made from seed {seed}, up to {kinds} kinds of answers a part, {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
        return holds;
    }

    private static string? FaultOf(Target target, byte[] input, out string made)
    {
        try
        {
            made = target.Try(input);
            return null;
        }
#pragma warning disable CA1031 // Whatever it is, it is what is looked for: the input is kept and the run fails.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            made = "";
            return fault is BrokenPromiseException ? fault.Message : fault.ToString();
        }
    }
}
