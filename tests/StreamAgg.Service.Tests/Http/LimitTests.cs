using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Http;
using Xunit;

namespace StreamAgg.Service.Tests.Http;

/// <summary>However many ask, few are answered at once, nobody waits for ever, and whoever is turned away is told when to come back.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    private const int Clients = 200;

    private readonly FixedReports reports = new();
    private readonly Stage stage = new();
    // As patient as the server is here.
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromMinutes(5) };
    private readonly TaskCompletionSource held = new();
    private HttpServer server = null!;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // Two hundred clients and their server share a pool with all other tests, which grows by a thread or two a second where these block it.
        ThreadPool.GetMinThreads(out int workers, out int ports);
        ThreadPool.SetMinThreads(Math.Max(workers, 64), ports);
        stage.Open(reports, () => true, () => true);
        // Nobody's time is over while a test holds an answer back, however busy the machine is.
        server = await HttpServer.StartAsync(new Uri("http://127.0.0.1:0"), stage, NullLoggerFactory.Instance, Ending, TimeSpan.FromMinutes(5));
        client.BaseAddress = new Uri(server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        held.TrySetResult();
        client.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Of_many_quantiles_one_is_merged_at_a_time_some_wait_and_the_others_are_told_to_come_again()
    {
        reports.Hold = held.Task;
        // The first is being merged before the others come: else these may be refused while it is still on its way.
        var asked = new List<Task<HttpResponseMessage>> { GetAsync("/api/v1/quantile?q=0.99") };
        while (reports.Quantiles == 0)
            await Task.Delay(1, Ending);
        asked.AddRange(Enumerable.Range(1, Clients - 1).Select(_ => GetAsync("/api/v1/quantile?q=0.99")));
        while (asked.Count(answer => answer.IsCompleted) < Clients - 33)
            await Task.WhenAny(asked.Where(answer => !answer.IsCompleted));

        Assert.Equal(1, reports.Quantiles);
        foreach (var refused in asked.Where(answer => answer.IsCompleted).ToList())
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await refused).StatusCode);
            Assert.NotNull((await refused).Headers.RetryAfter);
            Assert.Equal("application/problem+json", (await refused).Content.Headers.ContentType?.MediaType);
        }

        // Meanwhile probes and other questions are answered.
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/healthz/live")).StatusCode);
        reports.Hold = Task.CompletedTask;
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/api/v1/hourly")).StatusCode);
        held.SetResult();
        Assert.Equal(33, (await Task.WhenAll(asked)).Count(answer => answer.StatusCode == HttpStatusCode.OK));
    }

    [Fact]
    public async Task Who_is_not_served_in_time_while_others_are_is_told_so()
    {
        reports.IsHanging = true;
        await using var impatient = await HttpServer.StartAsync(
            new Uri("http://127.0.0.1:0"), stage, NullLoggerFactory.Instance, Ending, TimeSpan.FromMilliseconds(200));

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => client.GetAsync(new Uri(new Uri(impatient.Url), "/api/v1/quantile?q=0.5"), Ending)));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode));
        Assert.All(answers, answer => Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType));
        Assert.All(answers, answer => Assert.NotNull(answer.Headers.RetryAfter));
        Assert.All(answers, answer => Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options"))));
    }

    [Fact]
    public async Task The_status_is_asked_for_once_however_many_look_at_it()
    {
        reports.Hold = held.Task;
        var asked = Enumerable.Range(0, Clients).Select(i => GetAsync(i % 2 == 0 ? "/" : "/api/v1/status")).ToList();
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/healthz/live")).StatusCode);
        held.SetResult();

        Assert.All(await Task.WhenAll(asked), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(1, reports.Statuses);
    }

    [Fact]
    public async Task A_question_that_failed_is_asked_again()
    {
        int asked = 0;
        var recent = new Recent<int>(
            _ => ++asked == 1 ? throw new StoreUnavailableException("away") : Task.FromResult(asked), TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeProvider.System);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => recent.GetAsync(Ending));
        Assert.Equal(2, await recent.GetAsync(Ending));
        Assert.Equal(2, await recent.GetAsync(Ending));
    }

    [Fact]
    public async Task Until_the_pipeline_is_there_the_process_lives_and_says_what_it_waits_for()
    {
        var starting = new Stage();
        await using var early = await HttpServer.StartAsync(new Uri("http://127.0.0.1:0"), starting, NullLoggerFactory.Instance, Ending);
        starting.Await("PostgreSQL does not answer: refused");

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(early.Url + "/healthz/live"), Ending)).StatusCode);
        foreach (string path in (string[])["/healthz/ready", "/", "/api/v1/status", "/api/v1/hourly", "/api/v1/daily", "/api/v1/quantile?q=0.5"])
        {
            var answer = await client.GetAsync(new Uri(early.Url + path), Ending);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("PostgreSQL does not answer: refused", await answer.Content.ReadAsStringAsync(Ending), StringComparison.Ordinal);
            Assert.Equal(path switch { "/" => "text/html", "/healthz/ready" => "application/json", _ => "application/problem+json" }, answer.Content.Headers.ContentType?.MediaType);
        }

        starting.Open(reports, () => true, () => true);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(early.Url + "/healthz/ready"), Ending)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(early.Url + "/"), Ending)).StatusCode);
        starting.Close();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync(new Uri(early.Url + "/healthz/ready"), Ending)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(early.Url + "/healthz/live"), Ending)).StatusCode);
    }

    private Task<HttpResponseMessage> GetAsync(string path) => client.GetAsync(new Uri(path, UriKind.Relative), Ending);
}
