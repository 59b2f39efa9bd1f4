using StreamAgg.Core.Digests;

namespace StreamAgg.Core.Tests.Digests;

public class TDigestAccuracyTests
{
    public static TheoryData<string, string, int> Continuous()
    {
        var data = new TheoryData<string, string, int>();
        foreach (string name in DataSets.Continuous)
            foreach (string form in Forms.Names)
                foreach (int count in (int[])[1000, 3000, 10_000, 100_000])
                    data.Add(name, form, count);
        return data;
    }

    [Theory]
    [MemberData(nameof(Continuous))]
    public void The_p99_lies_within_the_stated_bound(string name, string form, int count)
    {
        double[] values = DataSets.Make(name, count);
        TDigest digest = Forms.Make(form, values, 100);
        double bound = Math.Max(80e-6 * count, 1 + (0.1 * Math.Sqrt(count)));
        double error = new PercentileCont(values).RankError(0.99, digest.Quantile(0.99));
        Assert.True(error <= bound, $"{error} ranks, allowed are {bound}");
    }
}
