using System.Net;
using System.Net.Sockets;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;
using StreamAgg.Testing.Postgres;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>What probes are told from the first second to the last, and how long the last ones may be.</summary>
public sealed class HealthTests : IDisposable
{
    /// <summary>What the manifests under deploy/ grant.</summary>
    private static readonly TimeSpan Granted = TimeSpan.FromSeconds(45);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task With_both_servers_away_it_lives_from_the_first_second_and_says_what_it_waits_for()
    {
        await using var process = ServiceProcess.Start(
            ["run", "--StreamAgg:Kafka:BootstrapServers=127.0.0.1:1", "--StreamAgg:Postgres:ConnectionString=Host=127.0.0.1;Port=1;Username=x;Password=hunter2", "--StreamAgg:Http:Url=http://127.0.0.1:0"]);
        string url = await process.HttpUrlAsync();

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(url + "/healthz/live", Ending)).StatusCode);
        foreach (string path in (string[])["/healthz/ready", "/api/v1/status", "/"])
        {
            var answer = await http.GetAsync(url + path, Ending);
            string body = await answer.Content.ReadAsStringAsync(Ending);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("PostgreSQL", body, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", body, StringComparison.Ordinal);
        }

        Assert.Equal(0, await process.StopAsync());
    }

    [Fact]
    public async Task Readiness_falls_with_the_group_and_with_both_servers_away_the_end_is_in_time()
    {
        await Brokers.NeedAsync(KafkaFeature.NodeFaults);
        await using var cluster = await KafkaCluster.StartAsync();
        await using var postgres = await TestPostgres.OwnAsync();
        await using var deployment = await Deployment.CreateAsync(brokers: Brokers.Of(cluster), postgres: postgres.ConnectionString());
        var traffic = SteadyTraffic.AcrossMidnight(5);
        var process = deployment.Run();
        string url = await process.HttpUrlAsync();
        await deployment.WaitAsync(() => IsReadyAsync(url), () => "ready");
        deployment.Events.Send(traffic.Next(100));
        await deployment.AssertExactAsync();

        cluster.Freeze();
        await deployment.WaitAsync(async () => !await IsReadyAsync(url), () => "not ready once the session is over");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(url + "/healthz/live", Ending)).StatusCode);
        cluster.Thaw();
        await deployment.WaitAsync(() => IsReadyAsync(url), () => "ready again");
        Assert.Equal(0, await process.StopAsync());

        // One whose session outlasts the end: what can't be written any more is tried for as long as that is granted.
        using var silentCollector = new TcpListener(IPAddress.Loopback, 0);
        silentCollector.Start();
        process = deployment.Start(["run"], [("Kafka:Client:session.timeout.ms", "45000")], new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{silentCollector.LocalEndpoint}",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        });
        deployment.Events.Send(traffic.Next(100));
        await deployment.AssertExactAsync();
        int failures = process.StoreFailures;
        await postgres.StopAsync();
        deployment.Events.Send(traffic.Next(100));
        await deployment.WaitAsync(() => Task.FromResult(process.StoreFailures > failures), () => "a failure of the member");
        cluster.Freeze();
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        Assert.Equal(0, await process.StopAsync(Granted));
        TestContext.Current.TestOutputHelper?.WriteLine($"stopped in {System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s:\n{process.Tail()}");
    }

    private async Task<bool> IsReadyAsync(string url) => (await http.GetAsync(url + "/healthz/ready", Ending)).IsSuccessStatusCode;
}
