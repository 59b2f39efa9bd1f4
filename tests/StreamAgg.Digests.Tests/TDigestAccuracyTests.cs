using System.Text.Json;

namespace StreamAgg.Digests.Tests;

/// <summary>One suite for every way in which a digest comes about.</summary>
public class TDigestAccuracyTests
{
    public static TheoryData<string> AllForms() => [.. Forms.Names];

    [Theory]
    [MemberData(nameof(AllForms))]
    public void The_p99_lies_within_the_stated_bound(string form)
    {
        foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile))
            foreach (int count in (int[])[1000, 3000, 20_000, 100_000])
                Assert.InRange(PartOfBound(DataSets.Make(name, count), form), 0, 1);
    }

    [Theory]
    [MemberData(nameof(AllForms))]
    public void Real_latencies_are_within_the_stated_bound(string form)
    {
        Assert.InRange(PartOfBound(RealMicros(), form), 0, 0.5);
    }

    [Theory]
    [MemberData(nameof(AllForms))]
    public void Quantiles_rise_and_stay_within_the_extremes(string form)
    {
        foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile))
        {
            double[] values = DataSets.Make(name, 5000);
            TDigest digest = Forms.Make(form, values, 50);
            Assert.Equal(values.Min(), digest.Quantile(0));
            Assert.Equal(values.Max(), digest.Quantile(1));
            Assert.Equal(values.Min(), digest.Min);
            Assert.Equal(values.Max(), digest.Max);
            double before = double.NegativeInfinity;
            for (int i = 0; i <= 200; i++)
            {
                double value = digest.Quantile(i / 200.0);
                Assert.True(value >= before, $"{name}: quantile({i / 200.0}) = {value:R} < {before:R}");
                before = value;
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllForms))]
    public void As_many_values_as_a_quantile_says_lie_at_or_below_it(string form)
    {
        TDigest digest = Forms.Make(form, DataSets.Make("log-normal", 20_000), 100);
        long before = 0;
        for (int i = 0; i <= 1000; i++)
        {
            double q = i / 1000.0;
            long upTo = digest.View().CountAtMost(digest.Quantile(q));
            Assert.InRange(upTo, before, digest.Count);
            Assert.InRange(((double)upTo / digest.Count) - q, -1e-4, 1e-4);
            before = upTo;
        }
        Assert.Equal(0, digest.View().CountAtMost(double.NegativeInfinity));
        Assert.Equal(digest.Count, digest.View().CountAtMost(double.PositiveInfinity));
    }

    [Theory]
    [InlineData("added")]
    [InlineData("encoded")]
    [InlineData("merged")]
    [InlineData("merged and encoded")]
    public void The_median_of_two_peaks_with_a_valley_beside_it_is_off_by_less_than_600_ppm(string form)
    {
        for (int seed = 1; seed <= 10; seed++)
        {
            double[] values = DataSets.Make("bimodal", 100_000, seed);
            var exact = new PercentileCont(values);
            TDigest digest = Forms.Make(form, values, 100);
            for (double q = 0.25; q <= 0.75; q += 0.03125)
                Assert.InRange(exact.RankError(q, digest.Quantile(q)) / values.Length, 0, 600e-6);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(15)]
    public void The_foot_of_a_peak_does_not_share_a_stored_cell_with_the_valley_before_it(int seed)
    {
        double[] values = DataSets.Make("bimodal", 1_000_000, seed);
        TDigest digest = Forms.Make("merged and encoded", values, 100);
        var exact = new PercentileCont(values);
        for (double q = 0.25; q <= 0.75; q += 0.03125)
            Assert.InRange(exact.RankError(q, digest.Quantile(q)) / values.Length, 0, 600e-6);
    }

    private static double PartOfBound(double[] values, string form) => PartOfBound(new PercentileCont(values), values, form, 100);

    internal static double PartOfBound(PercentileCont exact, double[] values, string form, int compression)
    {
        double bound = Math.Max(80e-6 * values.Length, 1 + (0.1 * Math.Sqrt(values.Length))) * Math.Pow(Math.Max(1, 100.0 / compression), 3);
        return exact.RankError(0.99, Forms.Make(form, values, compression).Quantile(0.99)) / bound;
    }

    /// <summary>The durations of real calls to AI providers, in microseconds.</summary>
    private static double[] RealMicros() =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data", "llmperf", "usage.ndjson"))
            .Select(line => Math.Round(JsonDocument.Parse(line).RootElement.GetProperty("duration_ms").GetDouble() * 1000))];
}
