using FsCheck;
using FsCheck.Fluent;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Core.Tests.Aggregation;

public sealed class BucketTotalsTests
{
    private static readonly Arbitrary<BucketTotals[]> Triples = Arb.From(Buckets().ArrayOf(3));

    private static Gen<BucketTotals> Buckets() =>
        from durations in Gen.Choose(0, int.MaxValue).Select(n => n * 40L).ArrayOf()
        from errors in Gen.Choose(0, 1000)
        from timeouts in Gen.Choose(0, 1000)
        from silent in Gen.Choose(0, 10)
        select Bucket(durations, errors, timeouts, silent);

    private static BucketTotals Bucket(long[] durations, int errors, int timeouts, int silent)
    {
        var bucket = new BucketTotals
        {
            SuccessCount = durations.Length + silent,
            ErrorCount = errors,
            Error4xxCount = errors / 2,
            Error5xxCount = errors / 3,
            TimeoutCount = timeouts,
        };
        foreach (long duration in durations)
            bucket.AddDuration(duration);
        return bucket;
    }

    private static BucketTotals Sum(params ReadOnlySpan<BucketTotals> buckets)
    {
        BucketTotals sum = default;
        foreach (ref readonly BucketTotals bucket in buckets)
            sum.Add(bucket);
        return sum;
    }

    [Fact]
    public void Order_and_grouping_do_not_matter() =>
        Properties.ForAll(Triples, t =>
            Sum(t[0], t[1], t[2]) == Sum(t[2], t[0], t[1]) && Sum(t[0], Sum(t[1], t[2])) == Sum(Sum(t[0], t[1]), t[2])
            && Sum(t[0], t[1]).GetHashCode() == Sum(t[1], t[0]).GetHashCode());

    [Fact]
    public void Nothing_added_changes_nothing() => Properties.ForAll(Triples, t => Sum(t[0], default(BucketTotals)) == t[0] && Sum(default, t[0]) == t[0]);

    [Fact]
    public void A_merge_is_what_one_bucket_would_have_counted() =>
        Properties.ForAll(Arb.From(Gen.Choose(0, 1_000_000).Select(n => (long)n).ArrayOf().ArrayOf(2)), d =>
            Sum(Bucket(d[0], 4, 1, 0), Bucket(d[1], 6, 2, 3)) is var sum
            && sum == Bucket([.. d[0], .. d[1]], 10, 3, 3) with { Error4xxCount = sum.Error4xxCount, Error5xxCount = sum.Error5xxCount });

    [Fact]
    public void Minimum_and_maximum_are_of_the_durations_alone()
    {
        BucketTotals bucket = Sum(Bucket([], 1, 0, 1), Bucket([5, 3, 9], 0, 0, 0), Bucket([], 0, 0, 2));
        Assert.Equal((3, 9, 3L), (bucket.DurationMinMicros, bucket.DurationMaxMicros, bucket.DurationCount));
        Assert.Equal((UInt128)17, bucket.DurationSumMicros);
    }

    [Fact]
    public void The_mean_is_exact_and_null_where_there_is_nothing_to_divide()
    {
        Assert.Null(Bucket([], 3, 0, 2).MeanMilliseconds);
        Assert.Equal(0.0, Bucket([0], 0, 0, 0).MeanMilliseconds);
        Assert.Equal(1.0 / 3, Bucket([0, 0, 1000], 0, 0, 0).MeanMilliseconds);
        // 1e12 events of a day each: the sum needs 77 bits, the mean is a day to the last bit.
        var year = new BucketTotals { DurationCount = 1_000_000_000_000, DurationSumMicros = (UInt128)1_000_000_000_000 * 86_400_000_000 };
        Assert.Equal(86_400_000.0, year.MeanMilliseconds);
    }

    [Fact]
    public void The_error_rate_is_a_percentage_of_requests_and_0_where_there_are_none()
    {
        Assert.Equal(0.0, default(BucketTotals).ErrorRatePercent);
        Assert.True(default(BucketTotals).IsEmpty);
        Assert.Equal(25.0, new BucketTotals { SuccessCount = 3, ErrorCount = 1 }.ErrorRatePercent);
        Assert.Equal(100.0, new BucketTotals { ErrorCount = 7 }.ErrorRatePercent);
    }
}
