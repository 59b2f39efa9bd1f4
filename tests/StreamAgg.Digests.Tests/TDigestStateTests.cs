using FsCheck;
using FsCheck.Fluent;

namespace StreamAgg.Digests.Tests;

public class TDigestStateTests
{
    [Fact]
    public void Reading_changes_no_byte_of_what_comes_later()
    {
        double[] values = DataSets.Make("log-normal", 20_000);
        var silent = new TDigest();
        var asked = new TDigest();
        for (int i = 0; i < values.Length; i++)
        {
            silent.Add(values[i]);
            asked.Add(values[i]);
            if (i % 777 != 0) continue;
            asked.Quantile(0.99);
            asked.RankErrorBound(0.5);
            asked.ToBytes();
        }
        Assert.Equal(silent.ToBytes(), asked.ToBytes());
    }

    [Fact]
    public void Merging_in_any_order_gives_the_same_bytes()
    {
        TDigest[] parts = [.. Enumerable.Range(1, 16).Select(seed => Forms.Added(DataSets.Make("log-normal", 300 * seed, seed), 20 + (10 * seed)))];
        byte[] expected = TDigest.Merge(parts, 100).ToBytes();
        var random = new Random(5);
        for (int i = 0; i < 20; i++)
        {
            random.Shuffle(parts);
            Assert.Equal(expected, TDigest.Merge(parts, 100).ToBytes());
        }
    }

    [Fact]
    public void Merging_leaves_its_inputs_as_they_are()
    {
        TDigest one = Forms.Added(DataSets.Make("normal", 5000), 100), other = Forms.Added(DataSets.Make("uniform", 70), 100);
        byte[] before = one.ToBytes(), otherBefore = other.ToBytes();
        TDigest merged = TDigest.Merge([one, other, one], 100);
        merged.Add(1e9);
        Assert.Equal(10_071, merged.Count);
        Assert.Equal(before, one.ToBytes());
        Assert.Equal(otherBefore, other.ToBytes());
    }

    [Fact]
    public void The_empty_digest_changes_no_merge()
    {
        TDigest digest = Forms.Added(DataSets.Make("normal", 5000), 100);
        Assert.Equal(digest.ToBytes(), TDigest.Merge([new TDigest(20), digest, new TDigest()], 100).ToBytes());
        Assert.Equal(0, TDigest.Merge([], 100).Count);
    }

    [Fact]
    public void A_merge_reads_all_its_inputs_before_it_is_compacted()
    {
        double[] values = DataSets.Make("log-normal", 5000);
        TDigest merged = TDigest.Merge([.. values.Chunk(90).Select(chunk => Forms.Added(chunk, 100))], 100);
        var exact = new PercentileCont(values);
        for (int i = 0; i <= 100; i++)
            Assert.Equal(exact.Quantile(i / 100.0), merged.Quantile(i / 100.0));
    }

    [Fact]
    public void A_count_that_would_overflow_is_refused_and_changes_nothing()
    {
        // 2^62 of one value, 2^62 - 2^11 of the other: more are missing than a buffer holds.
        TDigest[] twos = Doubled(Forms.Added([2], 100), 62), threes = Doubled(Forms.Added([3], 100), 61);
        TDigest digest = Forms.Recoded(TDigest.Merge([twos[62], .. threes[11..]], 100));
        for (int i = 1; i < 1 << 11; i++)
            digest.Add(i % 2 == 0 ? 1 : 4);
        Assert.Equal(long.MaxValue, digest.Count);
        byte[] before = digest.ToBytes();
        Assert.Throws<OverflowException>(() => digest.Add(5));
        Assert.Throws<OverflowException>(() => TDigest.Merge([digest, digest], 100));
        Assert.Equal(before, digest.ToBytes());
        Assert.Equal(2, digest.Quantile(0.25));
        Assert.Equal(3, digest.Quantile(0.75));
    }

    [Fact]
    public void A_digest_that_has_forgotten_values_counts_to_the_same_end()
    {
        TDigest[] parts = Doubled(Forms.Added(DataSets.Make("log-normal", 1 << 11), 100), 51);
        TDigest digest = Forms.Recoded(TDigest.Merge([parts[51], .. parts[..51]], 100));
        foreach (double value in DataSets.Make("normal", (1 << 11) - 1))
            digest.Add(value);
        Assert.Equal(long.MaxValue, digest.Count);
        Assert.Throws<OverflowException>(() => digest.Add(1));
        Assert.Equal(long.MaxValue, Forms.Recoded(digest).Count);
    }

    [Fact]
    public void What_is_not_finite_or_not_in_range_is_refused()
    {
        var digest = new TDigest();
        foreach (double value in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
            Assert.Throws<ArgumentOutOfRangeException>(() => digest.Add(value));
        foreach (double q in (double[])[-0.1, 1.1, double.NaN])
            Assert.Throws<ArgumentOutOfRangeException>(() => digest.Quantile(q));
        foreach (int compression in (int[])[19, 1001, -1, int.MaxValue])
            Assert.Throws<ArgumentOutOfRangeException>(() => new TDigest(compression));
        Assert.Equal(0, digest.Count);
    }

    [Fact]
    public void The_largest_doubles_keep_every_answer_finite()
    {
        var random = new Random(9);
        double[] values = [.. Enumerable.Range(0, 20_000).Select(_ => (random.NextDouble() - 0.5) * 2 * double.MaxValue)];
        foreach (TDigest digest in Forms.All(values, 20))
            for (int i = 0; i <= 100; i++)
                Assert.True(double.IsFinite(digest.Quantile(i / 100.0)));
    }

    [Fact]
    public void Adding_allocates_nothing_once_the_digest_has_grown()
    {
        double[] values = DataSets.Make("log-normal", 100_000);
        TDigest digest = Forms.Added(values, 100);
        // Working memory of the thread may grow once more in a round, and the runtime may load a type: adding itself would allocate in each.
        var allocated = new long[5];
        for (int round = 0; round < allocated.Length; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (double value in values)
                digest.Add(value);
            allocated[round] = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Contains(0, allocated);
    }

    [Fact]
    public void Forty_values_fit_into_a_kilobyte()
    {
        double[] values = DataSets.Make("micros", 40);
        Forms.Added(values, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var digest = new TDigest();
        foreach (double value in values)
            digest.Add(value);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 1024);
    }

    [Fact]
    public void Any_finite_values_keep_count_order_and_extremes()
    {
        Prop.ForAll<NormalFloat[], byte>((given, split) =>
        {
            double[] values = [.. given.SelectMany(v => Enumerable.Repeat(v.Get, 1 + (split % 5)))];
            if (values.Length == 0)
                return true;
            TDigest merged = TDigest.Merge(
                [Forms.Added(values.Take(split), 20), Forms.Recoded(Forms.Added(values.Skip(split), 20))], 20);
            TDigest again = Forms.Recoded(merged);
            return merged.Count == values.Length && again.Count == values.Length
                && again.Quantile(0) == values.Min() && again.Quantile(1) == values.Max()
                && again.Quantile(0.3) <= again.Quantile(0.6)
                && again.ToBytes().AsSpan().SequenceEqual(merged.ToBytes());
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>A digest, and what it comes to where its values are counted twice, four times and so on.</summary>
    private static TDigest[] Doubled(TDigest digest, int times)
    {
        var doubled = new TDigest[times + 1];
        doubled[0] = digest;
        for (int i = 0; i < times; i++)
            doubled[i + 1] = Forms.Recoded(TDigest.Merge([doubled[i], doubled[i]], 100));
        return doubled;
    }
}
