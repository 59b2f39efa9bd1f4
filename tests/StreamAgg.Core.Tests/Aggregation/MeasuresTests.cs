using System.Runtime.CompilerServices;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Core.Tests.Aggregation;

public sealed class MeasuresTests
{
    [Fact]
    public void Every_measure_lies_in_its_place()
    {
        Assert.Equal(Unsafe.SizeOf<MeasureCounts>() / sizeof(long), Measures.All.Count);
        string[] places = [.. typeof(Measures).GetFields().Where(field => field.FieldType == typeof(int) && field.Name != "Length")
            .OrderBy(field => (int)field.GetRawConstantValue()!).Select(field => field.Name)];
        Assert.Equal(places, Measures.All.Select(measure => string.Concat(measure.Column.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]))));
    }

    [Fact]
    public void A_row_shows_what_its_totals_and_its_p99_say_in_the_order_of_the_tables()
    {
        var totals = new BucketTotals { SuccessCount = 6, ErrorCount = 2, Error4xxCount = 1, Error5xxCount = 3, TimeoutCount = 5 };
        totals.AddDuration(1500);
        Assert.Equal(
            [("request_count", 8L), ("success_count", 6L), ("error_count", 2L), ("error_4xx_count", 1L), ("error_5xx_count", 3L), ("timeout_count", 5L),
                ("avg_latency_ms", 1.5), ("p99_latency_ms", 7.0), ("error_rate", 25.0), ("computed_at", null)],
            Figures.Basic.Select(figure => (figure.Column, figure.Of(new RowContents(totals, new Quantiles(4, 5, 6, 7))))));
        Assert.Equal(Figures.Basic.Where(figure => figure.Column != "computed_at"), Figures.Basic.Counted());
        Assert.Equal(["avg_latency_ms", "p99_latency_ms"], Figures.Basic.Where(figure => figure.IsNullable).Select(figure => figure.Column));
    }

    [Fact]
    public void A_rollup_shows_every_measure_in_the_order_of_its_table()
    {
        var totals = new BucketTotals { SuccessCount = 6, ErrorCount = 4 };
        totals.Counts[Measures.CancelledCount] = 1;
        totals.Counts[Measures.LimitedCount] = 1;
        totals.Counts[Measures.CostUsd] = 1_234_567;
        totals.AddDuration(1500);
        totals.Spreads[Spreads.Ttft].Add(250);
        Assert.Equal(
            [
                ("request_count", 10L), ("success_count", 6L), ("error_count", 4L), ("error_4xx_count", 0L), ("error_5xx_count", 0L), ("timeout_count", 0L),
                ("cancelled_count", 1L), ("limited_count", 1L), ("rate_limited_count", 0L), ("overloaded_count", 0L), ("sla_error_count", 2L),
                ("duration_count", 1L), ("avg_latency_ms", 1.5), ("p50_latency_ms", 4.0), ("p90_latency_ms", 5.0), ("p95_latency_ms", 6.0),
                ("p99_latency_ms", 7.0), ("max_latency_ms", 1.5),
                ("ttft_count", 1L), ("avg_ttft_ms", 0.25), ("p50_ttft_ms", 1.0), ("p90_ttft_ms", 2.0), ("p95_ttft_ms", 3.0), ("p99_ttft_ms", 4.0),
                ("max_ttft_ms", 0.25),
                ("input_tokens", 0L), ("output_tokens", 0L), ("cache_read_tokens", 0L), ("cache_write_tokens", 0L), ("cost_usd", 1.234567m),
                ("error_rate", 40.0), ("sla_error_rate", 25.0), ("computed_at", null),
            ],
            Figures.All.Select(figure => (figure.Column, figure.Of(new RowContents(totals, new Quantiles(4, 5, 6, 7), new Quantiles(1, 2, 3, 4))))));
    }

    [Fact]
    public void A_sum_that_no_long_holds_stays_at_the_largest()
    {
        var one = default(BucketTotals);
        one.Counts[Measures.CostUsd] = long.MaxValue - 1;
        BucketTotals sum = one;
        sum.Add(one);
        Assert.Equal(long.MaxValue, sum.Counts[Measures.CostUsd]);
    }
}
