using OpenTelemetry;
using OpenTelemetry.Metrics;
using StreamAgg.Core.Aggregation;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Service.Telemetry;
using Xunit;

namespace StreamAgg.Service.Tests.Telemetry;

public class MetricLimitsTests
{
    [Fact]
    public void Every_label_keeps_the_series_of_every_outcome_and_nothing_falls_into_the_overflow()
    {
        const int labels = 1000;
        var series = new SeriesCount("streamagg.requests");
        using var reader = new BaseExportingMetricReader(series);
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(StreamAggMetrics.Name).AddView(MetricLimits.Of(labels)).AddReader(reader).Build();
        using var metrics = new StreamAggMetrics("group", labels);
        for (int i = 0; i < labels + 10; i++)
            metrics.Requests($"label {i}", new RequestOutcomes(1, 1, 1, 1));

        provider.ForceFlush();

        Assert.Equal((4 * (labels + 1), 0), (series.Count, series.Overflowed));
    }

    private sealed class SeriesCount(string instrument) : BaseExporter<Metric>
    {
        public int Count { get; private set; }

        public int Overflowed { get; private set; }

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                if (metric.Name != instrument)
                    continue;
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    Count++;
                    foreach (var tag in point.Tags)
                        Overflowed += tag.Key == "otel.metric.overflow" ? 1 : 0;
                }
            }

            return ExportResult.Success;
        }
    }
}
