using StreamAgg.Benchmarks.Reporting;
using StreamAgg.Digests;
using StreamAgg.Digests.Tests;

namespace StreamAgg.Benchmarks.Digests;

internal static class DigestAccuracy
{
    private const int Million = 1_000_000;
    private static readonly double[] Anchors = [0.5, 0.9, 0.99, 0.999];
    private static readonly double[] MustAdded = [600, 300, 80, 30];
    private static readonly double[] MustMerged = [1500, 900, 200, 60];

    public static void Print(Report report)
    {
        report.Section("Rank errors in ppm of a million values, the largest over all continuous sets and 17 quantiles around each anchor");
        foreach (string form in (string[])["added", "encoded", "merged", "merged and encoded", "merged twice"])
        {
            bool merged = form.StartsWith("merged", StringComparison.Ordinal);
            double[] worst = new double[Anchors.Length], squares = new double[Anchors.Length];
            foreach (string name in DataSets.Continuous)
                Measure(DataSets.Make(name, Million), form, worst, squares);
            for (int a = 0; a < Anchors.Length; a++)
            {
                double must = merged ? MustMerged[a] : MustAdded[a];
                double rms = Math.Sqrt(squares[a] / (17 * DataSets.Continuous.Length));
                report.Add($"{form}, q = {Anchors[a]} (rms {rms:0.0})", worst[a], "ppm", Goal.AtMost(must, merged ? MustAdded[a] : must / 2));
            }
        }
        PrintPeaks(report);
        PrintValues(report);
    }

    /// <summary>q from 1 - 1.5 (1 - a) to 1 - 0.5 (1 - a), the anchor in the middle.</summary>
    private static void Measure(double[] values, string form, double[] worst, double[] squares)
    {
        var exact = new PercentileCont(values);
        TDigest digest = Forms.Make(form, values, 100);
        for (int a = 0; a < Anchors.Length; a++)
        {
            for (int i = -8; i <= 8; i++)
            {
                double q = 1 - ((1 - Anchors[a]) * (1 + (i / 16.0)));
                double error = exact.RankError(q, digest.Quantile(q)) / values.Length * 1e6;
                worst[a] = Math.Max(worst[a], error);
                squares[a] += error * error;
            }
        }
    }

    private static void PrintValues(Report report)
    {
        report.Section("Value error of log-normal p99 in percent, the largest of 20 seeds");
        foreach (int count in (int[])[1000, 10_000, 20_000, 100_000, Million])
        {
            foreach (string form in (string[])["added", "encoded", "merged", "merged and encoded"])
            {
                double worst = 0, square = 0;
                int seeds = count == Million ? 5 : 20;
                for (int seed = 1; seed <= seeds; seed++)
                {
                    double[] values = DataSets.Make("log-normal", count, seed);
                    double truth = new PercentileCont(values).Quantile(0.99);
                    double error = Math.Abs((Forms.Make(form, values, 100).Quantile(0.99) / truth) - 1) * 100;
                    worst = Math.Max(worst, error);
                    square += error * error / seeds;
                }
                string name = $"{count:N0} values, {form} (rms {Math.Sqrt(square):0.000})";
                if (count == Million) report.Add(name, worst, "%", Goal.AtMost(0.2, 0.1));
                else report.Add(name, worst, "%");
            }
        }
    }

    private static void PrintPeaks(Report report)
    {
        const int seeds = 20;
        report.Section($"Rank errors around the median of two peaks with a valley beside it, ppm, the largest of {seeds} seeds of a million values");
        foreach (string form in (string[])["added", "encoded", "merged", "merged and encoded"])
        {
            double[] worst = new double[Anchors.Length], squares = new double[Anchors.Length];
            for (int seed = 1; seed <= seeds; seed++)
                Measure(DataSets.Make("bimodal", Million, seed), form, worst, squares);
            report.Add($"{form}, q = 0.5", worst[0], "ppm", Goal.AtMost(600, 300));
        }
    }
}
