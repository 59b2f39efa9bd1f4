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
            Figures.All.Select(figure => (figure.Column, figure.Of(totals, 7))));
        Assert.Equal(Figures.All.Where(figure => figure.Column != "computed_at"), Figures.Counted);
        Assert.Equal(["avg_latency_ms", "p99_latency_ms"], Figures.All.Where(figure => figure.IsNullable).Select(figure => figure.Column));
    }
}
