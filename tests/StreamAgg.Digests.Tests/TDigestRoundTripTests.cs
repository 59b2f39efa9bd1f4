namespace StreamAgg.Digests.Tests;

/// <summary>What a pipeline does to digests: adds, merges of partly decoded ones, writing and reading, in any order.</summary>
public sealed class TDigestRoundTripTests
{
    [Fact]
    public void Whatever_was_added_and_merged_before_what_is_written_can_be_read()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var digest = new TDigest();
            for (int step = 0; step < 40; step++)
            {
                digest = random.Next(3) switch
                {
                    0 => Added(digest, random, random.Next(1, 30)),
                    1 => Copy(digest, seed, step),
                    _ => Merged(digest, random, seed, step),
                };
                long count = digest.Count;
                Assert.True(Copy(digest, seed, step).Count == count, $"seed {seed}, step {step}: the count changed");
            }
        }
    }

    [Fact]
    public void The_unit_divides_values_before_the_line_between_them_is_drawn()
    {
        var micros = new TDigest();
        foreach (long value in new long[] { 100_300, 200_700, 1_234_567 })
            micros.Add(value);
        double rank = 0.99 * 2, share = rank - 1;
        Assert.Equal(200.7 + (share * (1234.567 - 200.7)), micros.Quantile(0.99, 1000));
        Assert.Throws<ArgumentOutOfRangeException>(() => micros.Quantile(0.5, 0));
    }

    private static TDigest Added(TDigest digest, Random random, int values)
    {
        for (int i = 0; i < values; i++)
            digest.Add(random.NextInt64(1, 1_000_000_000));
        return digest;
    }

    private static TDigest Merged(TDigest digest, Random random, int seed, int step)
    {
        var inputs = new List<TDigest> { digest };
        int others = random.Next(1, 6);
        for (int i = 0; i < others; i++)
        {
            var other = Added(new TDigest(), random, random.Next(0, 80));
            inputs.Insert(random.Next(inputs.Count + 1), random.Next(2) == 0 ? Copy(other, seed, step) : other);
        }

        return TDigest.Merge([.. inputs], 100);
    }

    private static TDigest Copy(TDigest digest, int seed, int step)
    {
        Assert.True(TDigest.TryDecode(digest.ToBytes(), out var copy), $"seed {seed}, step {step}: what was written is refused");
        return copy;
    }
}
