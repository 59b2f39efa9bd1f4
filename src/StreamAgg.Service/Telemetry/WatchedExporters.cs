using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace StreamAgg.Service.Telemetry;

/// <summary>The library's exporters, put together as it does itself from its own variables; the watch is told how each export ended.</summary>
internal static class WatchedExporters
{
    /// <summary>The library's own.</summary>
    private const int DefaultIntervalMilliseconds = 60_000;
    private const int DefaultTimeoutMilliseconds = 30_000;

    public static MetricReader Metrics(OtlpExporterOptions options, TelemetryWatch watch, string? temporality)
    {
        var periods = new PeriodicExportingMetricReaderOptions();
        return new PeriodicExportingMetricReader(
            new MetricExporter(options, watch),
            periods.ExportIntervalMilliseconds ?? DefaultIntervalMilliseconds, periods.ExportTimeoutMilliseconds ?? DefaultTimeoutMilliseconds)
        {
            TemporalityPreference = temporality?.Trim().ToUpperInvariant() switch
            {
                "DELTA" => MetricReaderTemporalityPreference.Delta,
                "LOWMEMORY" => MetricReaderTemporalityPreference.LowMemory,
                _ => MetricReaderTemporalityPreference.Cumulative,
            },
        };
    }

    public static BaseProcessor<Activity> Traces(OtlpExporterOptions options, TelemetryWatch watch)
    {
        var batches = new BatchExportActivityProcessorOptions();
        return new BatchActivityExportProcessor(
            new TraceExporter(options, watch),
            batches.MaxQueueSize, batches.ScheduledDelayMilliseconds, batches.ExporterTimeoutMilliseconds, batches.MaxExportBatchSize);
    }

    private sealed class MetricExporter(OtlpExporterOptions options, TelemetryWatch watch) : OtlpMetricExporter(options)
    {
        private readonly Uri endpoint = options.Endpoint;

        public override ExportResult Export(in Batch<Metric> metrics) => watch.Ended("metrics", endpoint, base.Export(metrics));
    }

    private sealed class TraceExporter(OtlpExporterOptions options, TelemetryWatch watch) : OtlpTraceExporter(options)
    {
        private readonly Uri endpoint = options.Endpoint;

        public override ExportResult Export(in Batch<Activity> activityBatch) => watch.Ended("traces", endpoint, base.Export(activityBatch));
    }
}
