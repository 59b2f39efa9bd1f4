using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Publishing;
using StreamAgg.Pipeline.Store;
using Xunit;

namespace StreamAgg.Pipeline.Tests.Publishing;

public sealed class RowMergeTests
{
    private static readonly Hour Ten = Hour.FromUtc(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));
    private static readonly BucketKey<Hour> Key = new(Ten, "openai");

    [Fact]
    public void An_hour_is_the_sum_of_its_inputs()
    {
        var hour = new DirtyBucket<Hour>(Key, 77, [new RevisedRow(Row(1_000, 3_000), 4), new RevisedRow(Row(2_000), 5)]);
        var row = RowMerge.Of(hour, 100);

        Assert.Equal(77, row.Mark);
        Assert.Equal(9, row.InputRev);
        Assert.Equal(3, row.Totals.SuccessCount);
        Assert.Equal(2.0, row.Totals.MeanMilliseconds);
        Assert.Equal(2.98, row.Contents.Latency!.P99, 12);
    }

    [Fact]
    public void Without_durations_there_is_no_quantile()
    {
        var failed = new BucketTotals { ErrorCount = 2, Error5xxCount = 1 };
        var row = RowMerge.Of(new DirtyBucket<Hour>(Key, 1, [new RevisedRow(new PartialRow(Ten, "openai", failed, default), 1)]), 100);

        Assert.Null(row.Contents.Latency?.P99);
        Assert.Equal(default, row.Centroids);
        Assert.Equal(100.0, row.Totals.ErrorRatePercent);
    }

    [Fact]
    public void A_day_is_the_sum_of_its_hours_and_its_quantile_is_of_all_values()
    {
        var first = RowMerge.Of(new DirtyBucket<Hour>(Key, 1, [new RevisedRow(Row(1_000, 1_000, 1_000), 1)]), 100);
        var second = RowMerge.Of(new DirtyBucket<Hour>(Key, 2, [new RevisedRow(Row(9_000), 2)]), 100);
        var day = new DirtyBucket<Day>(
            new BucketKey<Day>(Ten.Day, "openai"),
            5,
            [new HourSketch(Ten, "openai", first.InputRev, first.Totals, first.Centroids), new HourSketch(new Hour(Ten.SinceEpoch + 1), "openai", second.InputRev, second.Totals, second.Centroids)]);
        var row = RowMerge.Of(day, 100);

        Assert.Equal(4, row.Totals.SuccessCount);
        Assert.Equal(3, row.InputRev);
        Assert.Equal(3.0, row.Totals.MeanMilliseconds);
        Assert.Equal(8.76, row.Contents.Latency!.P99, 12);
    }

    [Fact]
    public void A_damaged_digest_is_never_taken_for_an_empty_one()
    {
        var totals = new BucketTotals { SuccessCount = 1 };
        totals.AddDuration(5);
        var hour = new DirtyBucket<Hour>(Key, 1, [new RevisedRow(new PartialRow(Ten, "openai", totals, new byte[] { 1, 2, 3 }), 1)]);
        Assert.Throws<InvalidDataException>(() => RowMerge.Of(hour, 100));
    }

    private static PartialRow Row(params long[] durationsMicros)
    {
        var partial = new Partial(Ten, "openai", 100);
        foreach (long micros in durationsMicros)
            partial.Count(new DecodedEvent { Time = Ten.Start, DurationMicros = micros });
        return new PartialRow(Ten, "openai", partial.Totals, partial.EncodeDigest());
    }
}
