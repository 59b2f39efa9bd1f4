using System.Diagnostics;

namespace StreamAgg.Benchmarks.Digests;

/// <summary>The shortest of many runs: what the work costs when nothing else disturbs it.</summary>
/// <remarks>
/// Where others work on the same machine, a few runs in a row are all disturbed: the runs are as many as fit into a time, in which there are quiet moments.
/// The first of them, before the compiler has finished its work in the background, are the slower ones and do no harm.
/// </remarks>
internal static class Clock
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    /// <param name="least">Runs that there are in any case, however long they take.</param>
    /// <param name="work">One run.</param>
    public static double BestNanoseconds(int least, Action work)
    {
        double best = double.PositiveInfinity;
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < least || Stopwatch.GetElapsedTime(begin) < Budget; i++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds);
        }
        return best;
    }
}
