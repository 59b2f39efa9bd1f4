using System.Net;
using System.Net.Sockets;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Service.Telemetry;
using StreamAgg.Service.Tests.Run;
using Xunit;

namespace StreamAgg.Service.Tests.Telemetry;

public class TelemetryWatchTests
{
    private readonly RecordedLines log = new();

    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public void A_dead_port_is_said_once(OtlpExportProtocol protocol)
    {
        int port = FreePort();
        using var watch = new TelemetryWatch(log);
        Export(watch, port, protocol, times: 3);

        var (_, line) = Assert.Single(log.Lines);
        Assert.StartsWith($"metrics do not arrive at http://127.0.0.1:{port} (said once, until they do): ", line, StringComparison.Ordinal);
        Assert.Contains("refused", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_speaks_something_else_is_said_and_so_is_its_return()
    {
        int port = FreePort();
        using var watch = new TelemetryWatch(log);
        using var server = new HttpListener { Prefixes = { $"http://127.0.0.1:{port}/" } };
        server.Start();
        int status = 404;
        var serving = Task.Run(async () =>
        {
            for (int i = 0; i < 4; i++)
            {
                var context = await server.GetContextAsync();
                context.Response.StatusCode = status;
                context.Response.Close();
            }
        }, TestContext.Current.CancellationToken);
        Export(watch, port, OtlpExportProtocol.HttpProtobuf, times: 1);
        status = 200;
        Export(watch, port, OtlpExportProtocol.HttpProtobuf, times: 1);
        await serving;

        Assert.Collection(
            log.Lines.Select(line => line.Line),
            lost => Assert.Contains("404", lost, StringComparison.Ordinal),
            back => Assert.Equal($"metrics arrive at http://127.0.0.1:{port} again", back));
    }

    /// <summary>Two exports each time: one is forced, one is the end of the provider.</summary>
    private static void Export(TelemetryWatch watch, int port, OtlpExportProtocol protocol, int times)
    {
        for (int i = 0; i < times; i++)
        {
            var options = new OtlpExporterOptions { Endpoint = new Uri($"http://127.0.0.1:{port}/v1/metrics"), Protocol = protocol, TimeoutMilliseconds = 5000 };
            using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(StreamAggMetrics.Name).AddReader(WatchedExporters.Metrics(options, watch, null)).Build();
            using var metrics = new StreamAggMetrics("group", 1);
            provider.ForceFlush();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
