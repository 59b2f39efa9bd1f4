namespace StreamAgg.Benchmarks.Reporting;

/// <summary>Processor time of this process, all threads of it, by the operating system.</summary>
/// <remarks>Not the clock on the wall: what else the machine does costs caches and no time here.</remarks>
internal static class CpuClock
{
    public const int Runs = 15;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.6), Run = TimeSpan.FromSeconds(0.08);

    /// <summary>Nanoseconds of one piece of work, in each run.</summary>
    /// <param name="work">A run repeats it for a while; it is warmed up before.</param>
    /// <param name="pieces">How many there are in it.</param>
    public static double[] Nanoseconds(Action work, double pieces = 1) => InTurns(pieces, work)[0];

    /// <summary>The same of several that are compared: a run of each after the other, so that a slow moment hits them all.</summary>
    public static double[][] InTurns(double pieces, params Action[] works)
    {
        foreach (Action work in works)
            Time(work, WarmUp);
        double[][] runs = [.. works.Select(_ => new double[Runs])];
        for (int run = 0; run < Runs; run++)
        {
            for (int i = 0; i < works.Length; i++)
                runs[i][run] = Time(works[i], Run) / pieces;
        }

        return runs;
    }

    private static double Time(Action work, TimeSpan atLeast)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime, taken;
        int times = 0;
        do
        {
            work();
            times++;
            taken = Environment.CpuUsage.TotalTime - before;
        }
        while (taken < atLeast);
        return taken.TotalNanoseconds / times;
    }
}
