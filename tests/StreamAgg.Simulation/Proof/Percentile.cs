namespace StreamAgg.Simulation.Proof;

/// <summary>percentile_cont(0.99) by sorting, and the bound that the contract states for the digest.</summary>
internal static class Percentile
{
    private const double Q = 0.99;

    /// <returns>Null where the figure stands; else what is wrong with it.</returns>
    public static string? Judge(List<long> durationsMicros, double? p99Milliseconds, int compression)
    {
        if (durationsMicros.Count == 0)
            return p99Milliseconds is null ? null : $"{p99Milliseconds} where no event had a duration";
        if (p99Milliseconds is not { } milliseconds)
            return "null where events had durations";
        durationsMicros.Sort();
        int n = durationsMicros.Count;
        double rank = Q * (n - 1);
        double found = milliseconds * 1000;
        double exact = At(durationsMicros, rank);
        // Two correctly rounded roads to the same quotient may end an ulp or two apart.
        if (Math.Abs(found - exact) <= exact * 1e-12)
            return null;
        if (Distinct(durationsMicros) <= compression)
            return $"{milliseconds} ms is not {exact / 1000} ms, the exact one of {n} durations";
        double slack = Math.Max(80e-6 * n, 1 + (0.1 * Math.Sqrt(n))) * Math.Pow(Math.Max(1, 100.0 / compression), 3);
        double low = durationsMicros[(int)Math.Max(0, Math.Floor(rank - slack))];
        double high = durationsMicros[(int)Math.Min(n - 1, Math.Ceiling(rank + slack))];
        return found >= low && found <= high ? null : $"{milliseconds} ms lies outside of {low / 1000} to {high / 1000} ms ({n} durations)";
    }

    private static double At(List<long> sorted, double rank)
    {
        int low = (int)rank;
        double a = sorted[low], b = sorted[Math.Min(low + 1, sorted.Count - 1)];
        return a + ((b - a) * (rank - low));
    }

    private static int Distinct(List<long> sorted)
    {
        int distinct = 1;
        for (int i = 1; i < sorted.Count; i++)
        {
            if (sorted[i] != sorted[i - 1])
                distinct++;
        }
        return distinct;
    }
}
