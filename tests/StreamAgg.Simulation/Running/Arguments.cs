using System.Globalization;
using StreamAgg.Simulation.Mutants;

namespace StreamAgg.Simulation.Running;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments(ulong First, long Seeds, bool IsReplay, bool HasMutants, int Threads, Mutant Mutant)
{
    public const string Usage = "usage: [--seeds N] [--seed S] [--mutants] [--threads T]   (--seed S alone replays S with its full trace; "
        + "with --mutant NAME, as --mutants prints it, that of the mutant)";

    /// <returns>Null where the arguments make no sense.</returns>
    public static Arguments? Parse(string[] args)
    {
        ulong? seed = null;
        long? seeds = null;
        int threads = Environment.ProcessorCount;
        bool hasMutants = false;
        Mutant mutant = Mutant.None;
        for (int i = 0; i < args.Length; i++)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--mutants":
                    hasMutants = true;
                    continue;
                case "--seeds" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long n) && n > 0:
                    seeds = n;
                    break;
                case "--seed" when ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong s):
                    seed = s;
                    break;
                case "--threads" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int t) && t is > 0 and <= 256:
                    threads = t;
                    break;
                case "--mutant" when MutantList.Find(value) is { } found:
                    mutant = found;
                    break;
                default:
                    return null;
            }
            i++;
        }
        bool isReplay = seed is not null && seeds is null && !hasMutants;
        if (mutant != Mutant.None && !isReplay)
            return null;
        return new Arguments(seed ?? 1, seeds ?? (hasMutants && seed is null ? 0 : isReplay ? 1 : 2000), isReplay, hasMutants, threads, mutant);
    }
}
