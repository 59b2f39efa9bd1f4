using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Service.Http;
using StreamAgg.Service.Telemetry;
using Xunit;

namespace StreamAgg.Service.Tests.Http;

public class MetricsTests
{
    [Fact]
    public async Task Whoever_comes_to_fetch_them_gets_the_metrics_in_Prometheus_format_whatever_state_the_service_is_in()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        using var meter = new Meter("StreamAgg");
        using var metrics = TelemetryExport.StartScraped(10);
        await using HttpServer server = await HttpServer.StartAsync(new Uri("http://127.0.0.1:0"), new Stage(), NullLoggerFactory.Instance, stop, metrics: metrics);
        meter.CreateCounter<long>("streamagg.requests", "{request}").Add(3, new KeyValuePair<string, object?>("platform", "openai"), new KeyValuePair<string, object?>("outcome", "5xx"));
        using var client = new HttpClient();
        using HttpResponseMessage answer = await client.GetAsync(new Uri(server.Url + "/metrics"), stop);
        string text = await answer.Content.ReadAsStringAsync(stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("text/plain", answer.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        string line = Assert.Single(text.Split('\n'), line => line.StartsWith("streamagg_requests_total{", StringComparison.Ordinal));
        Assert.Contains("platform=\"openai\"", line, StringComparison.Ordinal);
        Assert.Contains("} 3", line, StringComparison.Ordinal);
    }
}
