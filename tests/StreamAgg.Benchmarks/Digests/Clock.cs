using System.Diagnostics;

namespace StreamAgg.Benchmarks.Digests;

/// <summary>The shortest of several runs: what the work costs when nothing else disturbs it.</summary>
internal static class Clock
{
    public static double BestNanoseconds(int runs, Action work)
    {
        double best = double.PositiveInfinity;
        for (int i = 0; i < runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds);
        }
        return best;
    }
}
