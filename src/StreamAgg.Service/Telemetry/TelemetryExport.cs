using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace StreamAgg.Service.Telemetry;

/// <summary>Sends metrics and traces by OTLP where the standard <c>OTEL_*</c> variables name an endpoint; otherwise nothing is started.</summary>
/// <remarks>Everything but the names of meters and sources (protocol, headers, intervals, sampling) is left to those variables.</remarks>
internal sealed class TelemetryExport : IDisposable
{
    private static readonly string[] Meters = ["StreamAgg", "Npgsql", "System.Runtime", "Microsoft.AspNetCore.Hosting"];
    private static readonly string[] Sources = ["StreamAgg", "Npgsql"];

    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(3);

    private readonly TelemetryWatch? watch;
    private readonly MeterProvider? meters;
    private readonly TracerProvider? tracers;

    private TelemetryExport(TelemetryWatch? watch, MeterProvider? meters, TracerProvider? tracers)
    {
        this.watch = watch;
        this.meters = meters;
        this.tracers = tracers;
    }

    public static TelemetryExport Start(int maxPlatforms, ILogger logger)
    {
        if (IsOn("OTEL_SDK_DISABLED") || (!IsExported("METRICS") && !IsExported("TRACES")))
            return new(null, null, null);
        var resource = Resource();
        var watching = new TelemetryWatch(logger);
        return new(
            watching,
            IsExported("METRICS")
                ? Metrics(maxPlatforms, resource)
                    .AddReader(WatchedExporters.Metrics(Options("METRICS"), watching, Variable("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE")))
                    .Build()
                : null,
            IsExported("TRACES")
                ? Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Sources)
                .AddProcessor(WatchedExporters.Traces(Options("TRACES"), watching)).Build()
                : null);
    }

    /// <summary>The same metrics, kept for whoever comes to fetch them.</summary>
    public static MeterProvider StartScraped(int maxPlatforms) => Metrics(maxPlatforms, Resource()).AddPrometheusExporter().Build();

    private static MeterProviderBuilder Metrics(int maxPlatforms, ResourceBuilder resource) =>
        Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters).AddView(MetricLimits.Of(maxPlatforms));

    private static ResourceBuilder Resource() =>
        ResourceBuilder.CreateEmpty().AddTelemetrySdk().AddService("streamagg", serviceVersion: ProductVersion.Text)
            // Last, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
            .AddEnvironmentVariableDetector();

    /// <summary>Sends what is left, for as long as a collector that answers needs: one that hangs must not hold up the end of the process.</summary>
    public void Dispose()
    {
        Task.WaitAll([Task.Run(() => tracers?.Dispose()), Task.Run(() => meters?.Dispose())], LastFlush);
        // Last: what the end could not send is said, too.
        watch?.Dispose();
    }

    /// <summary>The library reads the general variables itself.</summary>
    private static OtlpExporterOptions Options(string signal)
    {
        var options = new OtlpExporterOptions();
        SignalVariables.Apply(options, signal, Variable);
        return options;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name);

    private static bool IsExported(string signal) =>
        (Has("OTEL_EXPORTER_OTLP_ENDPOINT") || Has($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
        && !string.Equals(Environment.GetEnvironmentVariable($"OTEL_{signal}_EXPORTER"), "none", StringComparison.OrdinalIgnoreCase);

    private static bool Has(string variable) => !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(variable));

    private static bool IsOn(string variable) =>
        string.Equals(Environment.GetEnvironmentVariable(variable), "true", StringComparison.OrdinalIgnoreCase);
}
