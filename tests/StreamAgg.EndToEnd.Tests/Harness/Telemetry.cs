using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>A collector with the configuration of deploy/, and a Prometheus with its alerts: both real, on ports of their own.</summary>
internal sealed partial class Telemetry : IDisposable
{
    private const string Program = "prometheus";

    private readonly string folder = Directory.CreateTempSubdirectory("streamagg-telemetry-").FullName;
    private readonly HttpClient http = new();
    private readonly List<ChildProcess> processes = [];
    private readonly int otlp = FreePort();
    private readonly int exported = FreePort();
    private readonly int queries = FreePort();

    /// <summary>What tells a service to send to the collector.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{otlp}",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
    };

    /// <summary>Null where both are there.</summary>
    public static string? Missing() =>
        Collector is null ? "no OpenTelemetry Collector: name one by OTELCOL"
        : !IsOnPath(Program) ? "no Prometheus on this machine: install Debian's prometheus"
        : null;

    /// <summary>A file of the product, as the tests carry it.</summary>
    public static string Read(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "telemetry", name));

    /// <summary>Only the addresses are changed.</summary>
    public void StartCollector()
    {
        string config = Read("otel-collector.yaml")
            .Replace(":4317\"", $":{otlp}\"", StringComparison.Ordinal)
            .Replace(":4318\"", $":{FreePort()}\"", StringComparison.Ordinal)
            .Replace(":9464\"", $":{exported}\"", StringComparison.Ordinal);
        Start(Collector ?? throw new InvalidOperationException(Missing()), "--config", Write("collector.yaml", config));
    }

    /// <summary>Scrapes the service itself (job <c>scraped</c>) and the collector (job <c>sent</c>).</summary>
    /// <remarks>A minute of the alerts is a second here, an hour a minute: what they say of shares and numbers stays.</remarks>
    public void StartPrometheus(string serviceUrl)
    {
        string rules = Write("alerts.yml", Times().Replace(Read("alerts.yml"), match => match.Groups["number"].Value + (match.Groups["unit"].Value == "h" ? "m" : "s")));
        string config = Write("prometheus.yml", $$"""
            global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }
            rule_files: ["{{rules}}"]
            scrape_configs:
              - { job_name: scraped, static_configs: [{ targets: ["{{new Uri(serviceUrl).Authority}}"] }] }
              - { job_name: sent, static_configs: [{ targets: ["127.0.0.1:{{exported}}"] }] }
            """);
        Start(Program, $"--config.file={config}", $"--storage.tsdb.path={Path.Combine(folder, "data")}", $"--web.listen-address=127.0.0.1:{queries}", "--log.level=warn");
    }

    /// <summary>The series that an expression has now.</summary>
    public async Task<JsonElement[]> QueryAsync(string expression) =>
        await AskAsync($"query?query={Uri.EscapeDataString(expression)}", "result");

    /// <summary>The alerts that are firing.</summary>
    public async Task<JsonElement[]> FiringAsync() =>
        [.. (await AskAsync("alerts", "alerts")).Where(alert => alert.GetProperty("state").GetString() == "firing")];

    public string Tail() => string.Join('\n', Directory.EnumerateFiles(folder, "*.out").Select(path => $"{path}:\n{string.Join('\n', File.ReadLines(path).TakeLast(15))}"));

    public void Dispose()
    {
        foreach (var process in processes)
            process.Dispose();
        http.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static string? Collector => Environment.GetEnvironmentVariable("OTELCOL") is { Length: > 0 } named && File.Exists(named) ? named : null;

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(place => File.Exists(Path.Combine(place, program)));

    private async Task<JsonElement[]> AskAsync(string question, string part)
    {
        try
        {
            using var answer = await http.GetAsync($"http://127.0.0.1:{queries}/api/v1/{question}", TestContext.Current.CancellationToken);
            string body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                return [];
            Assert.True(answer.IsSuccessStatusCode, $"{question}: {body}");
            return [.. JsonElement.Parse(body).GetProperty("data").GetProperty(part).EnumerateArray()];
        }
        catch (HttpRequestException)
        {
            // Not yet.
            return [];
        }
    }

    private void Start(string program, params string[] arguments) =>
        processes.Add(ChildProcess.Start(Path.Combine(folder, Path.GetFileName(program) + ".out"), program, arguments));

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"(?<=\[|for: |offset )(?<number>\d+)(?<unit>[mh])\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Times();
}
