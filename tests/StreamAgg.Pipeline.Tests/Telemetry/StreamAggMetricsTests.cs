using System.Diagnostics.Metrics;
using StreamAgg.Pipeline.Telemetry;
using Xunit;

namespace StreamAgg.Pipeline.Tests.Telemetry;

/// <summary>Names and units are a contract: dashboards and alarms are written against them.</summary>
[Collection(MetersAlone.Name)]
public sealed class StreamAggMetricsTests
{
    [Fact]
    public void Every_instrument_of_the_contract_is_there_with_its_unit()
    {
        var found = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == StreamAggMetrics.Name)
                found[instrument.Name] = instrument.Unit;
        };
        listener.Start();
        using var metrics = new StreamAggMetrics("group", 10);

        Assert.Equal(
            new SortedDictionary<string, string?>(StringComparer.Ordinal)
            {
                ["messaging.client.consumed.messages"] = "{message}",
                ["streamagg.checkpoint.age"] = "s",
                ["streamagg.checkpoint.duration"] = "s",
                ["streamagg.checkpoint.failures"] = "{checkpoint}",
                ["streamagg.checkpoint.rows"] = "{row}",
                ["streamagg.consumer.lag"] = "{message}",
                ["streamagg.dead_letters"] = "{letter}",
                ["streamagg.durations.left_out"] = "{event}",
                ["streamagg.events"] = "{event}",
                ["streamagg.events.ahead"] = "{event}",
                ["streamagg.fenced"] = "{partition}",
                ["streamagg.gaps"] = "{gap}",
                ["streamagg.gaps.stored"] = "{gap}",
                ["streamagg.hours.dirty"] = "{hour}",
                ["streamagg.late_events"] = "{event}",
                ["streamagg.letters.pending"] = "{letter}",
                ["streamagg.letters.pending.bytes"] = "By",
                ["streamagg.partials.bytes"] = "By",
                ["streamagg.partials.open"] = "{partial}",
                ["streamagg.partitions.owned"] = "{partition}",
                ["streamagg.paused"] = "1",
                ["streamagg.publish.duration"] = "s",
                ["streamagg.publish.failures"] = "{pass}",
                ["streamagg.rebalances"] = "{rebalance}",
                ["streamagg.requests"] = "{request}",
                ["streamagg.rows.kept"] = "{row}",
                ["streamagg.rows.kept.stored"] = "{row}",
                ["streamagg.rows.published"] = "{row}",
                ["streamagg.store.retries"] = "{retry}",
                ["streamagg.watermark.lag"] = "s",
            },
            found);
    }

    [Theory]
    [InlineData("streamagg.events")]
    [InlineData("streamagg.gaps")]
    [InlineData("streamagg.fenced")]
    [InlineData("streamagg.store.retries")]
    [InlineData("streamagg.rows.kept")]
    [InlineData("streamagg.durations.left_out")]
    public void What_alarms_watch_is_counted_from_nought(string name)
    {
        var measured = new List<long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == StreamAggMetrics.Name && instrument.Name == name)
                own.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => measured.Add(value));
        listener.Start();
        using var metrics = new StreamAggMetrics("group", 10);

        Assert.Contains(0, measured);
    }
}
