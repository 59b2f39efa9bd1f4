using System.Globalization;
using OpenTelemetry.Exporter;

namespace StreamAgg.Service.Telemetry;

/// <summary>
/// The variables of one signal (<c>OTEL_EXPORTER_OTLP_METRICS_ENDPOINT</c> and its like), which are stronger than the general ones: the
/// exporter reads only those.
/// </summary>
internal static class SignalVariables
{
    /// <param name="signal">METRICS or TRACES.</param>
    /// <param name="variable">Reads a variable; null where it is not set.</param>
    public static void Apply(OtlpExporterOptions options, string signal, Func<string, string?> variable)
    {
        if (Value("PROTOCOL") is { } protocol)
            options.Protocol = protocol switch
            {
                "grpc" => OtlpExportProtocol.Grpc,
                "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
                _ => options.Protocol,
            };
        // Taken as it is: only the general endpoint has the signal's path put behind it.
        if (Uri.TryCreate(Value("ENDPOINT"), UriKind.Absolute, out var endpoint))
            options.Endpoint = endpoint;
        if (Value("HEADERS") is { } headers)
            options.Headers = headers;
        if (int.TryParse(Value("TIMEOUT"), NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds))
            options.TimeoutMilliseconds = milliseconds;

        string? Value(string name) => variable($"OTEL_EXPORTER_OTLP_{signal}_{name}") is { } text && !string.IsNullOrWhiteSpace(text)
            ? text.Trim()
            : null;
    }
}
