using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Http;
using Xunit;

namespace StreamAgg.Service.Tests.Http;

public sealed class HttpServerTests : IAsyncLifetime
{
    private readonly FixedReports reports = new();
    private readonly Stage stage = new();
    private readonly HttpClient client = new();
    private bool isLive = true, isReady;
    private HttpServer server = null!;

    public async ValueTask InitializeAsync()
    {
        stage.Open(reports, () => isLive, () => isReady);
        server = await StartAsync("http://127.0.0.1:0");
        client.BaseAddress = new Uri(server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Health_says_what_holds_and_503_where_it_does_not()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/healthz/live")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync("/healthz/ready")).StatusCode);
        (isLive, isReady) = (false, true);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync("/healthz/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/healthz/ready")).StatusCode);
    }

    [Fact]
    public async Task Rows_are_named_as_the_columns()
    {
        using var rows = await JsonAsync("/api/v1/hourly");
        Assert.Equal(
            ["bucket_start", "platform", "request_count", "success_count", "error_count", "error_4xx_count", "error_5xx_count", "timeout_count",
                "avg_latency_ms", "p99_latency_ms", "error_rate", "computed_at"],
            rows.RootElement[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(JsonValueKind.Null, rows.RootElement[0].GetProperty("p99_latency_ms").ValueKind);
        using var days = await JsonAsync("/api/v1/daily");
        Assert.Equal("2026-02-28", days.RootElement[0].GetProperty("bucket_date").GetString());
    }

    [Theory]
    [InlineData("hourly", 24)]
    [InlineData("daily", 24 * 30)]
    public async Task Without_a_range_the_last_rows_are_asked_for(string path, int hours)
    {
        await GetAsync($"/api/v1/{path}");

        Assert.Equal(FixedReports.Now, reports.To);
        Assert.Equal(FixedReports.Now - TimeSpan.FromHours(hours), reports.From);
    }

    [Theory]
    [InlineData("from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("from=2026-01-01T00:00:00%2B08:00&to=2026-01-02t00:00:00.5z", "2025-12-31T16:00:00Z", "2026-01-02T00:00:00.5Z")]
    [InlineData("from=2026-01-01T00:00:00+08:00", "2025-12-31T16:00:00Z", "2026-03-01T12:34:56Z")]
    [InlineData("to=2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("from=&to=", "2026-02-28T12:34:56Z", "2026-03-01T12:34:56Z")]
    public async Task Times_are_read_with_their_zone(string query, string from, string to)
    {
        var answer = await GetAsync("/api/v1/hourly?" + query);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(from, reports.From.ToString());
        Assert.Equal(to, reports.To.ToString());
    }

    [Theory]
    [InlineData("from=2026-01-05", "2026-01-05T00:00:00Z", "2026-03-01T12:34:56Z")]
    [InlineData("from=2026-01-05&to=2026-01-07", "2026-01-05T00:00:00Z", "2026-01-07T00:00:00Z")]
    [InlineData("from=2026-01-05T08:00:00%2B08:00&to=2026-01-07", "2026-01-05T00:00:00Z", "2026-01-07T00:00:00Z")]
    public async Task Days_are_asked_for_by_dates_too(string query, string from, string to)
    {
        var answer = await GetAsync("/api/v1/daily?" + query);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal((from, to), (reports.From.ToString(), reports.To.ToString()));
    }

    [Fact]
    public async Task Platforms_may_be_several_and_empty()
    {
        string fifty = string.Concat(Enumerable.Repeat("🐘", 50));

        await GetAsync($"/api/v1/hourly?platform=a&platform=&platform={Uri.EscapeDataString(fifty)}");

        Assert.Equal(["a", "", fifty], reports.Platforms);
    }

    [Theory]
    [InlineData("hourly?from=yesterday", "from")]
    [InlineData("hourly?from=2026-01-01", "from")]
    [InlineData("hourly?from=2026-01-01T00:00:00", "from")]
    [InlineData("hourly?to=2026-02-30T00:00:00Z", "to")]
    [InlineData("hourly?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z", "from")]
    [InlineData("hourly?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from")]
    [InlineData("hourly?from=2020-01-01T00:00:00Z", "from")]
    [InlineData("hourly?from=2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z", "from")]
    [InlineData("hourly?form=2026-01-01T00:00:00Z", "form")]
    [InlineData("hourly?platform=%00", "platform")]
    [InlineData("hourly?platform=123456789012345678901234567890123456789012345678901", "platform")]
    [InlineData("daily?from=1900-01-01T00:00:00Z", "from")]
    [InlineData("daily?from=2026-02-30", "from")]
    [InlineData("daily?from=2026-01-05&to=2026-01-05", "from")]
    [InlineData("quantile?q=0.5&from=2026-01-05", "from")]
    [InlineData("quantile", "q")]
    [InlineData("quantile?q=1.01", "q")]
    [InlineData("quantile?q=-0.1", "q")]
    [InlineData("quantile?q=NaN", "q")]
    [InlineData("quantile?q=high", "q")]
    [InlineData("quantile?q=0.5&q=0.6", "q")]
    [InlineData("status?from=2026-01-01T00:00:00Z", "from")]
    public async Task A_wrong_parameter_is_a_problem_that_names_it(string query, string parameter)
    {
        var answer = await GetAsync("/api/v1/" + query);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(parameter + ":", await ProblemAsync(answer, 400), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quantile_is_answered_with_its_question()
    {
        using var answer = await JsonAsync("/api/v1/quantile?q=0.5&platform=a&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z");

        Assert.Equal(
            """{"q":0.5,"value":12.5,"rank_error_bound":0.25,"count":3,"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z","platforms":["a"]}""",
            answer.RootElement.GetRawText());
    }

    [Fact]
    public async Task What_is_unknown_in_the_status_is_null()
    {
        using var answer = await JsonAsync("/api/v1/status");

        Assert.Equal(
            """{"partitions":[{"topic":"gateway.usage","partition":0,"owner":null,"next_offset":5,"log_end_offset":null,"last_stable_offset":null,"lag":null,"watermark":null,"checkpoint_age_seconds":null}],"watermark":null,"watermark_age_seconds":null,"checkpoint_age_seconds":null,"open_hours":1,"dirty_hours":2,"rows_kept":3,"gaps":[],"refused":{"total":10,"last_hour":2,"read_total":100,"read_last_hour":7,"reasons":{"malformed_json":10}},"durations_left_out":4,"skipped":0,"rollups":[],"state_bytes":{},"kafka_silence":null,"process":null}""",
            answer.RootElement.GetRawText());
    }

    [Fact]
    public async Task The_page_says_how_many_events_were_refused_and_why()
    {
        string page = await (await GetAsync("/")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains("2 of 7 events read in the last hour: malformed_json 2", page, StringComparison.Ordinal);
        Assert.Contains("10 of 100 events read since the first: malformed_json 10", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/api/v1/hourly")]
    [InlineData("DELETE", "/")]
    [InlineData("OPTIONS", "/nowhere")]
    [InlineData("PATCH", "/healthz/live")]
    public async Task Everything_is_read_only(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow);
        await ProblemAsync(answer, 405);
    }

    [Theory]
    [InlineData("/api/v2")]
    [InlineData("/favicon.ico")]
    [InlineData("/a/b.c")]
    public async Task Nothing_else_is_there(string path) => await ProblemAsync(await GetAsync(path), 404);

    [Theory]
    [InlineData("/")]
    [InlineData("/healthz/live")]
    [InlineData("/api/v1/hourly")]
    [InlineData("/api/v1/status")]
    public async Task Head_answers_as_get_does_without_the_body(string path)
    {
        var get = await GetAsync(path);
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        var head = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(get.StatusCode, head.StatusCode);
        // Rows are not counted beforehand.
        if (path != "/api/v1/hourly")
            Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_page_loads_nothing_from_elsewhere_and_escapes_labels()
    {
        var answer = await GetAsync("/");
        string page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("&lt;b&gt;&amp;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>&", page, StringComparison.Ordinal);
        Assert.DoesNotContain("style=", page, StringComparison.OrdinalIgnoreCase);
        // All that is loaded is there, and from here.
        var loaded = Regex.Matches(page, "<(?:script|link)[^>]* (?:src|href)=\"(?<path>[^\"]*)\"", RegexOptions.ExplicitCapture).Select(match => match.Groups["path"].Value).ToList();
        Assert.Equal(6, loaded.Count);
        foreach (string path in loaded)
            Assert.Equal(HttpStatusCode.OK, (await GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task The_page_says_that_the_database_is_away_and_asks_again()
    {
        reports.IsAway = true;
        reports.Process = new PipelineVitals(TimeSpan.FromMinutes(3), 17, 0, 0, 0, 4711, IsPaused: true);

        var answer = await GetAsync("/");
        string page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("PostgreSQL is not there", page, StringComparison.Ordinal);
        Assert.Contains("http-equiv=\"refresh\"", page, StringComparison.Ordinal);
        Assert.Contains("last checkpoint 00:03:00 ago; 17 checkpoints", page, StringComparison.Ordinal);
        Assert.Contains("4711 bytes are held; reading is paused", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_away_is_a_503_and_health_goes_on()
    {
        reports.IsAway = true;

        var answer = await GetAsync("/api/v1/hourly");

        await ProblemAsync(answer, 503);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/healthz/live")).StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/status", "application/problem+json")]
    [InlineData("/api/v1/hourly?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", "application/problem+json")]
    [InlineData("/", "text/html")]
    public async Task A_database_that_hangs_is_a_503_in_time(string path, string mediaType)
    {
        reports.IsHanging = true;
        await using var impatient = await StartAsync("http://127.0.0.1:0", TimeSpan.FromMilliseconds(100));

        var answer = await client.GetAsync(new Uri(new Uri(impatient.Url), path), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(mediaType, answer.Content.Headers.ContentType?.MediaType);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Contains("No answer within 0.1 s", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_a_fault_of_one_line_that_names_the_setting()
    {
        var fault = await Assert.ThrowsAsync<CommandFaultException>(() => StartAsync(server.Url));

        Assert.Equal(ExitCode.Dependency, fault.ExitCode);
        Assert.Contains("StreamAgg:Http:Url", Assert.Single(fault.Lines), StringComparison.Ordinal);
    }

    private Task<HttpServer> StartAsync(string url, TimeSpan? timeout = null) => HttpServer.StartAsync(
        new Uri(url), stage, NullLoggerFactory.Instance, TestContext.Current.CancellationToken, timeout);

    private Task<HttpResponseMessage> GetAsync(string path) => client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    private async Task<JsonDocument> JsonAsync(string path)
    {
        var answer = await GetAsync(path);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<string> ProblemAsync(HttpResponseMessage answer, int status)
    {
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.RootElement.GetProperty("title").GetString()!);
        return problem.RootElement.GetProperty("detail").GetString()!;
    }
}
