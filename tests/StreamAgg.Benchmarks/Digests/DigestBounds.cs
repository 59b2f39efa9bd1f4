using StreamAgg.Benchmarks.Reporting;
using StreamAgg.Digests;
using StreamAgg.Digests.Tests;

namespace StreamAgg.Benchmarks.Digests;

/// <summary>How much of what is promised is used up: of the stated bound of p99, and of what a digest says of itself.</summary>
internal static class DigestBounds
{
    private const int Million = 1_000_000;
    private static readonly string[] Sets = [.. DataSets.Continuous, .. DataSets.Hostile];

    /// <summary>All but the values spread evenly over 600 orders of magnitude.</summary>
    private static readonly string[] Narrow = [.. Sets.Where(name => name != "magnitudes")];

    private static readonly double[] Shares = [0.009, 0.0095, 0.01, 0.0102, 0.0105, 0.011, 0.012, 0.015];
    private static readonly double[] Spreads = [0, 0.05, 0.1, 0.2];

    public static void Print(Report report)
    {
        int[] counts = [.. Counts()];
        report.Section($"p99 rank error as a part of the stated bound max(80e-6 n, 1 + 0.1 sqrt(n)): the largest of {Sets.Length} sets and {counts.Length} sizes from 1,000 to 100,000");
        foreach (string form in Forms.Names)
            PrintWorst(report, form, Sets, counts);
        // The promise ends at 100,000 values. Past it the digests are judged all the same, but for a million values over 600 orders of magnitude in a merge of
        // merges: their cells span many orders each, and are cut once for every hour and once more for all of them.
        foreach (string form in Forms.Names)
            PrintWorst(report, form, form == "merged twice" ? Narrow : Sets, [Million]);
        PrintMagnitudes(report, "merged twice", [Million]);
        PrintJumps(report);
        PrintOwnBound(report);
    }

    /// <summary>One request in a hundred is slow: p99 is at the edge of the slow ones, or of the others.</summary>
    private static void PrintJumps(Report report)
    {
        const int seeds = 20;
        foreach (int count in (int[])[12_000, 48_000, 480_000])
        {
            report.Section($"The same of {count:N0} durations of which 0.9 to 1.5 % are slow, at 30 s or around 45 s: the largest of {Shares.Length * Spreads.Length} sets, {seeds} seeds each");
            double[] worst = new double[Forms.Names.Length];
            double bound = Math.Max(80e-6 * count, 1 + (0.1 * Math.Sqrt(count)));
            foreach (double share in Shares)
                foreach (double spread in Spreads)
                    for (int seed = 1; seed <= seeds; seed++)
                    {
                        double[] values = DataSets.Jump(share, spread, count, seed);
                        var exact = new PercentileCont(values);
                        for (int i = 0; i < worst.Length; i++)
                            worst[i] = Math.Max(worst[i], exact.RankError(0.99, Forms.Make(Forms.Names[i], values, 100).Quantile(0.99)) / bound);
                    }
            for (int i = 0; i < worst.Length; i++)
                report.Add(Forms.Names[i], worst[i], "", Goal.AtMost(1, 0.5));
        }
    }

    private static void PrintMagnitudes(Report report, string form, int[] counts)
    {
        (double worst, string at) = Worst(form, ["magnitudes"], counts);
        report.Add($"{form} of {at}", worst, "");
    }

    private static IEnumerable<int> Counts()
    {
        for (double count = 1000; count < 100_000; count *= 1.1)
            yield return (int)count;
        yield return 100_000;
    }

    private static void PrintWorst(Report report, string form, string[] sets, int[] counts)
    {
        (double worst, string at) = Worst(form, sets, counts);
        report.Add($"{form} ({at})", worst, "", Goal.AtMost(1, 0.5));
    }

    private static (double Part, string At) Worst(string form, string[] sets, int[] counts)
    {
        (double Part, string At) worst = (0, "");
        foreach (int count in counts)
        {
            double bound = Math.Max(80e-6 * count, 1 + (0.1 * Math.Sqrt(count)));
            foreach (string name in sets)
            {
                double[] values = DataSets.Make(name, count, 7);
                double part = new PercentileCont(values).RankError(0.99, Forms.Make(form, values, 100).Quantile(0.99)) / bound;
                if (part > worst.Part) worst = (part, $"{name}, {count:N0}");
            }
        }
        return worst;
    }

    private static void PrintOwnBound(Report report)
    {
        report.Section("Errors of 100,000 values of every set as a part of RankErrorBound, at 1,000 quantiles; the bound of p99 in ppm");
        foreach (string form in Forms.Names)
        {
            double largest = 0, sum = 0, p99 = 0;
            int asked = 0;
            foreach (string name in Sets)
            {
                double[] values = DataSets.Make(name, 100_000, 7);
                var exact = new PercentileCont(values);
                TDigest digest = Forms.Make(form, values, 100);
                p99 = Math.Max(p99, digest.RankErrorBound(0.99) * 1e6);
                for (int i = 0; i <= 1000; i++)
                {
                    double bound = digest.RankErrorBound(i / 1000.0);
                    if (bound == 0) continue;
                    double part = exact.RankError(i / 1000.0, digest.Quantile(i / 1000.0)) / values.Length / bound;
                    largest = Math.Max(largest, part);
                    sum += part;
                    asked++;
                }
            }
            report.Add($"{form}, largest (mean {sum / asked:0.000}; p99 within {p99:0} ppm)", largest, "");
        }
    }
}
