namespace StreamAgg.Digests.Tests;

/// <summary>p99 where a bound is hardest to keep: the distribution jumps beside it, or cells are few. Every form.</summary>
public sealed class TDigestJumpTests
{
    [Theory]
    [InlineData(0.0095)]
    [InlineData(0.01)]
    [InlineData(0.0102)]
    [InlineData(0.011)]
    [InlineData(0.015)]
    public void The_p99_lies_within_the_stated_bound_where_the_distribution_jumps_beside_it(double share)
    {
        foreach ((int count, int seeds) in ((int, int)[])[(12_000, 8), (48_000, 4), (480_000, 1)])
            foreach (double spread in (double[])[0, 0.05, 0.2])
                for (int seed = 1; seed <= seeds; seed++)
                    JudgeForms($"{share} slow, spread {spread}, {count} values, seed {seed}", DataSets.Jump(share, spread, count, seed), 100);
    }

    [Fact]
    public void The_p99_lies_within_the_wider_bound_of_a_low_compression()
    {
        foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile))
            foreach (int count in (int[])[2000, 100_000])
                JudgeForms($"{name}, {count} values", DataSets.Make(name, count, 7), 20, 30, 50, 80);
        foreach (int count in (int[])[12_000, 48_000])
            foreach (double share in (double[])[0.0095, 0.011, 0.015])
                foreach (double spread in (double[])[0, 0.05, 0.2])
                    JudgeForms($"{share} slow, spread {spread}, {count} values", DataSets.Jump(share, spread, count, 1), 20, 30, 50, 80);
    }

    private static void JudgeForms(string what, double[] values, params int[] compressions)
    {
        var exact = new PercentileCont(values);
        foreach (string form in Forms.Names)
            foreach (int compression in compressions)
            {
                double part = TDigestAccuracyTests.PartOfBound(exact, values, form, compression);
                Assert.True(part <= 1, $"{what}, {form}, compression {compression}: {part} of the bound");
            }
    }
}
