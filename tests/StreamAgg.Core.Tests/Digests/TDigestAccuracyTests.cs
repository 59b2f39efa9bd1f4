using System.Text.Json;
using StreamAgg.Core.Digests;

namespace StreamAgg.Core.Tests.Digests;

/// <summary>One suite for every way in which a digest comes about.</summary>
public class TDigestAccuracyTests
{
    public static TheoryData<string> AllForms() => [.. Forms.Names];

    [Theory]
    [MemberData(nameof(AllForms))]
    public void The_p99_lies_within_the_stated_bound(string form)
    {
        foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile).Where(name => name != "magnitudes"))
            foreach (int count in (int[])[1000, 3000, 20_000])
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
    public void The_cdf_is_the_inverse_of_the_quantile(string form)
    {
        TDigest digest = Forms.Make(form, DataSets.Make("log-normal", 20_000), 100);
        double before = 0;
        for (int i = 0; i <= 1000; i++)
        {
            double q = i / 1000.0, cdf = digest.Cdf(digest.Quantile(q));
            Assert.InRange(cdf, before, 1);
            Assert.InRange(cdf - q, -1e-4, 1e-4);
            before = cdf;
        }
        Assert.Equal(0, digest.Cdf(double.NegativeInfinity));
        Assert.Equal(1, digest.Cdf(double.PositiveInfinity));
    }

    [Theory]
    [MemberData(nameof(AllForms))]
    public void The_error_never_passes_its_bound(string form)
    {
        foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile))
        {
            foreach (int count in (int[])[500, 10_000])
            {
                double[] values = DataSets.Make(name, count);
                var exact = new PercentileCont(values);
                TDigest digest = Forms.Make(form, values, 100);
                for (int i = 0; i <= 50; i++)
                {
                    double q = i / 50.0, error = exact.RankError(q, digest.Quantile(q)) / count;
                    Assert.True(error <= digest.RankErrorBound(q) + (0.01 / count), $"{name}, {count}, q {q}: {error} > {digest.RankErrorBound(q)}");
                }
            }
        }
    }

    [Fact]
    public void The_bound_is_zero_where_the_answer_is_exact()
    {
        foreach (TDigest digest in Forms.All(DataSets.Make("few values", 3000), 100))
            for (int i = 0; i <= 100; i++)
                Assert.Equal(0, digest.RankErrorBound(i / 100.0));
    }

    private static double PartOfBound(double[] values, string form)
    {
        double bound = Math.Max(80e-6 * values.Length, 1 + (0.1 * Math.Sqrt(values.Length)));
        return new PercentileCont(values).RankError(0.99, Forms.Make(form, values, 100).Quantile(0.99)) / bound;
    }

    /// <summary>The durations of real calls to AI providers, in microseconds.</summary>
    private static double[] RealMicros() =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data", "llmperf", "usage.ndjson"))
            .Select(line => Math.Round(JsonDocument.Parse(line).RootElement.GetProperty("duration_ms").GetDouble() * 1000))];
}
