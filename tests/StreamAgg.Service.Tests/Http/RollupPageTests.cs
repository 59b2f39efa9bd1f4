using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Rollups;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Http;
using Xunit;

namespace StreamAgg.Service.Tests.Http;

/// <summary>The page of a rollup's keys: what is asked for it, and where its links lead.</summary>
public sealed class RollupPageTests : IAsyncLifetime
{
    private static readonly Rollup ByPlatform = Rollup.ByPlatform(10), ByModel = new("by_model", ["platform", "model"], 10),
        ByAccount = new("by_account", ["platform", "model", "account"], 10), Overall = new("overall", [], 1);

    private readonly FixedReports reports = new() { Rollups = [ByPlatform, ByAccount, ByModel, Overall] };
    private readonly HttpClient client = new();
    private HttpServer server = null!;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var stage = new Stage();
        stage.Open(reports, () => true, () => true);
        server = await HttpServer.StartAsync(new Uri("http://127.0.0.1:0"), stage, NullLoggerFactory.Instance, Ending);
        client.BaseAddress = new Uri(server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task What_the_link_says_is_what_is_asked()
    {
        await PageAsync("/?rollup=by_model&range=week&model=m1&model=&sort=p99&top=50");

        Assert.Equal(("by_model", "2026-02-23T00:00:00Z", "2026-03-01T13:00:00Z"), (reports.Top!.Rollup.Name, reports.Top.From.ToString(), reports.Top.To.ToString()));
        Assert.Equal((true, TopOrder.P99, 50), (reports.Top.HasDays, reports.Top.Order, reports.Top.Limit));
        Assert.Equal(["m1", ""], Assert.Single(reports.Top.Where).Value);

        await PageAsync("/?rollup=overall");
        Assert.Equal((false, TopOrder.Requests, 20), (reports.Top.HasDays, reports.Top.Order, reports.Top.Limit));
    }

    [Theory]
    [InlineData("rollup=nope", "rollup: one of platform, by_account, by_model, overall is needed.")]
    [InlineData("rollup=by_model&account=1", "account: no such parameter; there are platform, model, rollup")]
    [InlineData("model=1", "model: no such parameter")]
    [InlineData("rollup=by_model&sort=latency", "sort: 'latency' is none of requests, errors, tokens, cost, p99.")]
    [InlineData("rollup=by_model&top=1000000", "top: '1000000' is none of 20, 50, 100, 200.")]
    public async Task A_wrong_view_is_a_problem_that_says_what_there_is(string query, string reason)
    {
        using var answer = await client.GetAsync(new Uri("/?" + query, UriKind.Relative), Ending);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(reason, WebUtility.HtmlDecode(System.Text.RegularExpressions.Regex.Unescape(await answer.Content.ReadAsStringAsync(Ending))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_link_keeps_the_view_and_leads_further_in()
    {
        reports.TopAnswer = new TopAnswer(340, 1000, [Row(["anthropic", "a&b <i>\"x"], 750), Row(["", ""], 220)]);

        string page = await PageAsync("/?rollup=by_model&range=custom&from=2026-02-01T10:30&to=2026-02-02T09:30&tz=Asia/Tokyo&sort=cost&platform=anthropic");

        const string kept = "/?range=custom&amp;from=2026-02-01T10%3A00%3A00Z&amp;to=2026-02-02T10%3A00%3A00Z&amp;rollup=", rest = "&amp;sort=cost&amp;top=20";
        Assert.Contains($"href=\"{kept}by_model{rest}&amp;platform=anthropic&amp;model=a%26b%20%3Ci%3E%22x&amp;tz=Asia%2FTokyo\"", page, StringComparison.Ordinal);
        Assert.Contains($"href=\"{kept}by_model{rest}&amp;tz=Asia%2FTokyo\" title=\"Take this filter away\"", page, StringComparison.Ordinal);
        Assert.Contains($"href=\"{kept}by_account{rest}&amp;platform=&amp;model=&amp;tz=Asia%2FTokyo\">by_account</a>", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/?range=custom&amp;from=2026-02-01T10%3A00%3A00Z&amp;to=2026-02-02T10%3A00%3A00Z&amp;platform=anthropic&amp;tz=Asia%2FTokyo\"", page, StringComparison.Ordinal);
        Assert.Contains($"{kept}overall{rest}&amp;tz=Asia%2FTokyo\"", page, StringComparison.Ordinal);
        Assert.Contains("2 of 340 keys, with 97 % of 1,000 requests, in closed hours", page, StringComparison.Ordinal);
        Assert.Contains("a&amp;b &lt;i&gt;&quot;x", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>\"x", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platform_leads_to_its_keys_where_something_finer_is_configured()
    {
        reports.Label = "openai";
        Assert.Contains("href=\"/?range=day&amp;rollup=by_account&amp;sort=requests&amp;top=20&amp;platform=openai\">by_account</a>", await PageAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_rollups_the_page_has_nothing_of_them()
    {
        reports.Rollups = [ByPlatform];
        Assert.DoesNotContain("Counted by", await PageAsync("/"), StringComparison.Ordinal);
    }

    private static TopRow Row(string[] values, long requests) =>
        new(values, requests, 7, 0.93, 0.5, 123_456, 12.345m, 812.5, 230) { QuantilesMs = [120, 640] };

    private Task<string> PageAsync(string path) => client.GetStringAsync(new Uri(path, UriKind.Relative), Ending);
}
