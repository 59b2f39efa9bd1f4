using OpenTelemetry.Exporter;
using StreamAgg.Service.Telemetry;
using Xunit;

namespace StreamAgg.Service.Tests.Telemetry;

public class SignalVariablesTests
{
    [Fact]
    public void A_signals_own_variables_are_stronger_than_the_general_ones()
    {
        var options = General();

        SignalVariables.Apply(options, "METRICS", Variables(
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics:4318/in"), ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=b"), ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "250")));

        Assert.Equal(
            (new Uri("http://metrics:4318/in"), OtlpExportProtocol.HttpProtobuf, "a=b", 250),
            (options.Endpoint, options.Protocol, options.Headers, options.TimeoutMilliseconds));
    }

    [Fact]
    public void Another_signals_variables_and_empty_ones_change_nothing()
    {
        var options = General();

        SignalVariables.Apply(options, "TRACES", Variables(
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics:4318"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", " "),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "carrier pigeon"), ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "-1")));

        Assert.Equal((new Uri("http://all:4317"), OtlpExportProtocol.Grpc, 1000), (options.Endpoint, options.Protocol, options.TimeoutMilliseconds));
    }

    private static OtlpExporterOptions General() => new() { Endpoint = new Uri("http://all:4317"), Protocol = OtlpExportProtocol.Grpc, TimeoutMilliseconds = 1000 };

    private static Func<string, string?> Variables(params (string Name, string Value)[] set) =>
        name => set.FirstOrDefault(variable => variable.Name == name).Value;
}
