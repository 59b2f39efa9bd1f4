namespace StreamAgg.Digests.Tests;

public class TDigestExactnessTests
{
    [Theory]
    [InlineData(20, 31)]
    [InlineData(20, 56)]
    [InlineData(100, 150)]
    public void A_union_of_decoded_digests_keeps_its_ends_alone_and_takes_its_own_centroids_back(int compression, int distinct)
    {
        var random = new Random(5);
        for (int round = 0; round < 500; round++)
        {
            var digests = new TDigest[1 + random.Next(4)];
            for (int i = 0; i < digests.Length; i++)
                digests[i] = Forms.Recoded(Forms.Added(Enumerable.Range(0, 1 + random.Next(300)).Select(_ => 1000.0 * random.Next(distinct)), compression));
            DigestCentroids centroids = TDigest.Merge(digests, compression).ToCentroids();
            Assert.Equal((centroids.Lows[0], centroids.Lows[^1]), (centroids.Highs[0], centroids.Highs[^1]));
            Assert.True(TDigest.TryFromCentroids(centroids, out _));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(99)]
    [InlineData(100)]
    public void Few_values_are_answered_as_percentile_cont_does(int count)
    {
        double[] values = DataSets.Make("log-normal", count);
        var exact = new PercentileCont(values);
        foreach (TDigest digest in Forms.All(values, 100))
            for (int i = 0; i <= 1000; i++)
                Assert.Equal(exact.Quantile(i / 1000.0), digest.Quantile(i / 1000.0));
    }

    [Theory]
    [InlineData("few values", 100_000)]
    [InlineData("few values", 999)]
    public void Few_distinct_values_are_exact_at_any_count(string name, int count)
    {
        double[] values = DataSets.Make(name, count);
        var exact = new PercentileCont(values);
        foreach (TDigest digest in Forms.All(values, 100))
            for (int i = 0; i <= 1000; i++)
                Assert.Equal(exact.Quantile(i / 1000.0), digest.Quantile(i / 1000.0));
    }

    [Theory]
    [InlineData(42.5)]
    [InlineData(0.1)]
    [InlineData(-0.0)]
    [InlineData(5e-324)]
    [InlineData(double.MaxValue)]
    [InlineData(double.MinValue)]
    public void A_constant_stays_itself_to_the_bit(double value)
    {
        double[] values = new double[5000];
        Array.Fill(values, value);
        foreach (TDigest digest in Forms.All(values, 20))
            foreach (double q in (double[])[0, 0.001, 0.5, 0.99, 1])
                Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(digest.Quantile(q)));
    }

    [Fact]
    public void An_empty_digest_has_no_answer()
    {
        var digest = new TDigest();
        Assert.Equal(0, digest.Count);
        Assert.Equal(double.NaN, digest.Quantile(0.5));
        Assert.Equal(double.NaN, digest.Min);
        Assert.Equal(double.NaN, digest.Max);
    }
}
