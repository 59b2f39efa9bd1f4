using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>What deploy/ offers to those who watch, asked of the servers that answer it: Prometheus, a collector, PostgreSQL.</summary>
public sealed partial class TelemetryTests
{
    private static readonly string[] BothWays = ["scraped", "sent"];

    [Fact]
    public async Task Every_query_and_every_alert_finds_its_series_whichever_way_they_come_and_two_alerts_fire()
    {
        Assert.SkipWhen(Telemetry.Missing() is not null, Telemetry.Missing() ?? "");
        await using var deployment = await Deployment.CreateAsync();
        using var telemetry = new Telemetry();
        telemetry.StartCollector();
        var process = deployment.Start(["run"], [], telemetry.Variables);
        string url = await process.HttpUrlAsync();
        telemetry.StartPrometheus(url);
        deployment.Events.Send(SteadyTraffic.AcrossMidnight(11).Next(200));
        await deployment.AssertExactAsync();

        // What stands in the tables is a metric once a status was asked for: by the service itself after a minute.
        using (var http = new HttpClient())
            await http.GetStringAsync(url + "/api/v1/status", TestContext.Current.CancellationToken);

        string[] alerts = ["ProviderFails", "StreamAggRefuses"];
        string[] firing = [];
        await deployment.WaitAsync(
            async () =>
            {
                SendAMoment(deployment.Events);
                firing = [.. (await telemetry.FiringAsync()).Select(RunbookOf)];
                return alerts.All(alert => firing.Any(place => place.StartsWith(alert + " ", StringComparison.Ordinal)));
            },
            () => $"firing are only: {string.Join(", ", firing)}\n{telemetry.Tail()}");
        Assert.DoesNotContain(firing, place => place.StartsWith("StreamAggIsAway ", StringComparison.Ordinal));

        string[] expressions = [.. Panels("pipeline.json").SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "10s", StringComparison.Ordinal))];
        Assert.True(expressions.Length > 20, "the queries were not found");
        foreach (string expression in expressions)
            await FindsAsync(expression, async () => (await telemetry.QueryAsync(expression)).Length > 0);
        foreach (string selector in expressions.Append(Comments().Replace(Telemetry.Read("alerts.yml"), "")).SelectMany(SelectorsOf).Distinct())
        {
            await FindsAsync(selector, async () => BothWays.SequenceEqual(
                (await telemetry.QueryAsync($"group by (job) ({selector})")).Select(series => series.GetProperty("metric").GetProperty("job").GetString()!).Order()));
        }

        Task FindsAsync(string what, Func<Task<bool>> isFound) => deployment.WaitAsync(isFound, () => $"no series, or not both ways: {what}\n{telemetry.Tail()}", TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Every_query_of_the_providers_dashboard_finds_rows_as_the_role_that_may_only_read()
    {
        await using var deployment = await Deployment.CreateAsync();
        deployment.Run();
        deployment.Events.Send(SteadyTraffic.AcrossMidnight(12).Next(400));
        deployment.Events.Send([GatewayEvent.Usage(DateTime.UtcNow, "running", 12)]);
        await using var reader = NpgsqlDataSource.Create(Databases.As(deployment.MigratorConnectionString, "test_reader", "r"));
        await deployment.WaitAsync(async () => await deployment.ScalarAsync("SELECT count(*) FROM ops_metrics_daily") > 0, () => "no day was published");
        await deployment.WaitAsync(async () => await deployment.ScalarAsync("SELECT count(*) FROM streamagg.live_hourly WHERE platform = 'running'") > 0, () => "no running hour");

        string platforms = Dashboard("providers.json").GetProperty("templating").GetProperty("list").EnumerateArray()
            .Single(variable => variable.GetProperty("name").GetString() == "platform").GetProperty("query").GetString()!;
        var chosen = (await RowsAsync(reader, platforms, [])).Select(row => (string)row[0]).ToArray();
        Assert.Contains("(none)", chosen);
        Assert.Contains("running", chosen);
        var queries = Panels("providers.json").SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("rawSql").GetString()!).ToArray();
        Assert.True(queries.Length >= 8, "the queries were not found");
        foreach (string query in queries)
        {
            var rows = await RowsAsync(reader, query, chosen);
            Assert.True(rows.Count > 0, $"no row: {query}");
            Assert.All(rows, row => Assert.IsType<DateTime>(row[0]));
            Assert.Contains(rows, row => row[^1] is double or long or decimal);
        }
    }

    /// <summary>Of one provider most requests fail; beside them stands what can't be counted.</summary>
    private static void SendAMoment(EventProducer events)
    {
        var now = DateTime.UtcNow;
        events.SendUncounted(Enumerable.Range(0, 40).Select(i => i % 4 == 0 ? GatewayEvent.Usage(now, "openai", 250) : GatewayEvent.Error(now, "openai", 503)), batch: 10);
        events.SendRaw(Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat("{\"created_at\":\"yesterday\"}", 20))}]"));
    }

    /// <summary>Its name, and the heading that it leads to, which has to be there.</summary>
    private static string RunbookOf(JsonElement alert)
    {
        string name = alert.GetProperty("labels").GetProperty("alertname").GetString()!;
        Assert.Equal($"docs/runbook.md#{name}", alert.GetProperty("annotations").GetProperty("runbook").GetString(), ignoreCase: true);
        Assert.Contains($"\n## {name}\n", Telemetry.Read("runbook.md"), StringComparison.Ordinal);
        return $"{name} {alert.GetProperty("annotations").GetProperty("summary").GetString()}";
    }

    /// <summary>With the macros as Grafana expands them.</summary>
    private static async Task<List<object[]>> RowsAsync(NpgsqlDataSource reader, string query, string[] platforms)
    {
        string sql = TimeFilter().Replace(query, "${column} BETWEEN '2024-03-01T00:00:00Z' AND '2100-01-01T00:00:00Z'")
            .Replace("${platform:sqlstring}", string.Join(',', platforms.Select(platform => $"'{platform.Replace("'", "''", StringComparison.Ordinal)}'")), StringComparison.Ordinal);
        await using var command = reader.CreateCommand(sql);
        await using var found = await command.ExecuteReaderAsync();
        var rows = new List<object[]>();
        while (await found.ReadAsync())
        {
            var row = new object[found.FieldCount];
            found.GetValues(row);
            rows.Add(row);
        }

        return rows;
    }

    private static JsonElement Dashboard(string name) => JsonElement.Parse(Telemetry.Read(name));

    private static JsonElement[] Panels(string name) => [.. Dashboard(name).GetProperty("panels").EnumerateArray()];

    private static IEnumerable<string> SelectorsOf(string text) => Selector().Matches(text).Select(match => match.Value);

    [GeneratedRegex(@"\{__name__[^}]*\}|\b(streamagg|dotnet)_\w+(\{[^}]*\})?", RegexOptions.ExplicitCapture)]
    private static partial Regex Selector();

    [GeneratedRegex("(?m)^ *#.*$")]
    private static partial Regex Comments();

    [GeneratedRegex(@"\$__timeFilter\((?<column>[^)]*)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex TimeFilter();
}
