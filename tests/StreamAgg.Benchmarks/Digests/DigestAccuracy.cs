using StreamAgg.Core.Digests;
using StreamAgg.Core.Tests.Digests;

namespace StreamAgg.Benchmarks.Digests;

internal static class DigestAccuracy
{
    private const int Million = 1_000_000;
    private static readonly double[] Anchors = [0.5, 0.9, 0.99, 0.999];
    private static readonly double[] MustAdded = [600, 300, 80, 30];
    private static readonly double[] MustMerged = [1500, 900, 200, 60];

    public static void Print(Report report)
    {
        Report.Section("Rank errors in ppm of a million values, the largest over all continuous sets and 17 quantiles around each anchor");
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
                report.Judged($"{form}, q = {Anchors[a]} (rms {rms:0.0})", worst[a], "ppm", must, merged ? MustAdded[a] : must / 2);
            }
        }
        PrintValues(report);
        PrintBound(report);
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
        Report.Section("Value error of log-normal p99 in percent, the largest of 20 seeds");
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
                if (count == Million) report.Judged(name, worst, "%", 0.2, 0.1);
                else Report.Plain(name, worst, "%");
            }
        }
    }

    private static void PrintBound(Report report)
    {
        Report.Section("p99 rank error as a part of the stated bound max(80e-6 n, 1 + 0.1 sqrt(n)): the largest over all sets");
        foreach (int count in (int[])[1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, Million])
        {
            double bound = Math.Max(80e-6 * count, 1 + (0.1 * Math.Sqrt(count)));
            foreach (string form in Forms.Names.Where(form => form != "centroids"))
            {
                double worst = 0;
                string at = "";
                foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile))
                {
                    double[] values = DataSets.Make(name, count, 7);
                    double part = new PercentileCont(values).RankError(0.99, Forms.Make(form, values, 100).Quantile(0.99)) / bound;
                    if (part > worst) (worst, at) = (part, name);
                }
                report.Judged($"{count:N0} values, {form} ({at})", worst, "", 1, 0.5);
            }
        }
    }
}
