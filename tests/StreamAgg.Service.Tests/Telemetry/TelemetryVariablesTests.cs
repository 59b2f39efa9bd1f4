using StreamAgg.Service.Faults;
using StreamAgg.Service.Telemetry;
using Xunit;

namespace StreamAgg.Service.Tests.Telemetry;

public class TelemetryVariablesTests
{
    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317", "OTEL_EXPORTER_OTLP_ENDPOINT = 'localhost:4317': allowed is an http:// or https:// URL, such as http://localhost:4317.")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "collector", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT = 'collector': allowed is an http:// or https:// URL, such as http://localhost:4317.")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL = 'http/json': allowed is grpc or http/protobuf.")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "10s", "OTEL_METRIC_EXPORT_INTERVAL = '10s': allowed is a whole number of milliseconds.")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "2", "OTEL_TRACES_SAMPLER_ARG = '2': allowed is a number from 0 to 1.")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "Bearer s3cret", "OTEL_EXPORTER_OTLP_HEADERS: allowed is a list of key=value, separated by commas.")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "me:s3cret@collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT: allowed is an http:// or https:// URL, such as http://localhost:4317.")]
    public void A_wrong_value_is_one_line_and_wrong_usage(string name, string value, string line)
    {
        var fault = Assert.Throws<CommandFaultException>(() => TelemetryVariables.Check(asked => asked == name ? value : null));

        Assert.Equal((ExitCode.Usage, line), (fault.ExitCode, Assert.Single(fault.Lines)));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example/otlp")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=b, c=d%3D")]
    [InlineData("OTEL_METRICS_EXPORTER", "none")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test,team=x")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]
    [InlineData("OTEL_SOMETHING_ELSE", "whatever")]
    public void A_right_one_is_none_of_our_business(string name, string value) => TelemetryVariables.Check(asked => asked == name ? value : null);
}
