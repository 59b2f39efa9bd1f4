using System.Globalization;
using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Playwright;
using StreamAgg.Service.Http;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace StreamAgg.Page.Tests;

/// <summary>The page in a browser: what its script makes of it, and what it bears.</summary>
public sealed class PageTests(Chromium chromium) : IAsyncLifetime
{
    /// <summary>For what the page asks by itself, every five seconds.</summary>
    private const int Patience = 60_000;

    private readonly SampleReports reports = new();
    private readonly List<string> complaints = [];
    private HttpServer server = null!;
    private IBrowserContext window = null!;
    private IPage page = null!;
    private string url = "";

    public async ValueTask InitializeAsync()
    {
        server = await ServeAsync("http://127.0.0.1:0");
        url = server.Url;
        await OpenAsync(1280, ColorScheme.Light);
    }

    public async ValueTask DisposeAsync()
    {
        await window.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact(Skip = Chromium.Missing, SkipType = typeof(Chromium), SkipUnless = nameof(Chromium.IsThere))]
    public async Task It_loads_within_a_second_with_all_that_it_shows_and_complains_of_nothing()
    {
        // The best of five: what else the machine does is not the page's.
        double loaded = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            await page.GotoAsync(url);
            loaded = Math.Min(loaded, await page.EvaluateAsync<double>("performance.getEntriesByType('navigation')[0].loadEventEnd"));
        }

        await Expect(page.Locator("#state")).ToHaveTextAsync("Live");
        await Expect(page.Locator(".plot canvas")).ToHaveCountAsync(4);
        Assert.InRange(loaded, 1, 1000);
        await Expect(page.Locator("#verdict h2")).ToContainTextAsync("anthropic: ");
        await Expect(page.Locator("#verdict")).ToContainTextAsync("provisional");
        Assert.Empty(complaints);
    }

    [Fact(Skip = Chromium.Missing, SkipType = typeof(Chromium), SkipUnless = nameof(Chromium.IsThere))]
    public async Task A_tile_is_the_sum_of_its_rows_in_every_range()
    {
        await page.GotoAsync(url);
        foreach (string range in (string[])["Hour", "Day", "Week", "30 days"])
        {
            await page.GetByRole(AriaRole.Button, new() { Name = range, Exact = true }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = range, Exact = true })).ToHaveAttributeAsync("aria-pressed", "true", new() { Timeout = Patience });
            foreach (string label in SampleReports.Labels)
            {
                string tile = await page.Locator($".tile[data-platform=\"{label}\"] .requests [data-value]").GetAttributeAsync("data-value") ?? "";
                double sum = await page.EvaluateAsync<double>(
                    "label => [...document.querySelectorAll('#table tbody tr')].filter(row => row.cells[1].dataset.v === label).reduce((sum, row) => sum + Number(row.cells[2].dataset.v), 0)", label);
                Assert.Equal(sum, double.Parse(tile, CultureInfo.InvariantCulture));
                Assert.True(sum > 0);
            }
        }
    }

    [Fact(Skip = Chromium.Missing, SkipType = typeof(Chromium), SkipUnless = nameof(Chromium.IsThere))]
    public async Task What_is_chosen_stands_in_the_link_and_survives_a_reload()
    {
        await page.GotoAsync(url);
        await page.GetByRole(AriaRole.Button, new() { Name = "Week", Exact = true }).ClickAsync();
        await page.Locator("label.chip", new() { HasText = "anthropic" }).ClickAsync();
        await Expect(page.Locator(".tile")).ToHaveCountAsync(1, new() { Timeout = Patience });
        await page.Locator("#zone").FillAsync("Asia/Tokyo");
        await page.Locator("#zone").PressAsync("Enter");
        await page.Locator("#zone").BlurAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Errors", Exact = true }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex(@"range=week&platform=anthropic&tz=Asia%2FTokyo&sort=4\+descending"));

        await page.ReloadAsync();

        await Expect(page.Locator(".tile")).ToHaveCountAsync(1);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Week", Exact = true })).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(page.GetByRole(AriaRole.Checkbox, new() { Name = "anthropic" })).ToBeCheckedAsync();
        await Expect(page.Locator("th[aria-sort=descending]")).ToHaveTextAsync(new Regex("^Errors"));
        // 12:34 UTC is 21:34 there.
        await Expect(page.Locator("#verdict time").Last).ToHaveTextAsync("2026-03-01 21:34:56");
        Assert.Empty(complaints);
    }

    [Fact(Skip = Chromium.Missing, SkipType = typeof(Chromium), SkipUnless = nameof(Chromium.IsThere))]
    public async Task It_lives_through_an_outage_of_PostgreSQL_and_says_of_when_its_figures_are()
    {
        await page.GotoAsync(url);
        reports.IsAway = true;

        await Expect(page.Locator("#state")).ToHaveTextAsync(
            new Regex(@"^PostgreSQL is away: .*the connection was refused.*Figures are of \d\d:\d\d:\d\d; asking again\.$"), new() { Timeout = Patience });
        await Expect(page.Locator(".tile")).ToHaveCountAsync(SampleReports.Labels.Length);
        reports.IsAway = false;
        await Expect(page.Locator("#state")).ToHaveTextAsync("Live", new() { Timeout = Patience });
    }

    [Fact(Skip = Chromium.Missing, SkipType = typeof(Chromium), SkipUnless = nameof(Chromium.IsThere))]
    public async Task It_lives_through_a_restart_of_the_service()
    {
        await page.GotoAsync(url);
        await server.DisposeAsync();
        await Expect(page.Locator("#state")).ToHaveTextAsync(new Regex("^The service does not answer. Figures are of"), new() { Timeout = Patience });
        await Expect(page.Locator(".tile")).ToHaveCountAsync(SampleReports.Labels.Length);

        server = await ServeAsync(url);

        await Expect(page.Locator("#state")).ToHaveTextAsync("Live", new() { Timeout = Patience });
    }

    [Fact(Skip = Chromium.Missing, SkipType = typeof(Chromium), SkipUnless = nameof(Chromium.IsThere))]
    public async Task Opened_while_nothing_can_be_read_it_shows_all_once_that_is_over()
    {
        reports.IsAway = true;
        await page.GotoAsync(url);
        await Expect(page.Locator("#notice")).ToContainTextAsync("PostgreSQL is away");
        Assert.Empty(await ViolationsAsync());

        reports.IsAway = false;

        await Expect(page.Locator(".tile")).ToHaveCountAsync(SampleReports.Labels.Length, new() { Timeout = Patience });
    }

    [Theory(Skip = Chromium.Missing, SkipType = typeof(Chromium), SkipUnless = nameof(Chromium.IsThere))]
    [InlineData(400, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(2560, ColorScheme.Dark)]
    public async Task It_can_be_read_by_everybody_at_every_width(int width, ColorScheme scheme)
    {
        await window.DisposeAsync();
        await OpenAsync(width, scheme);
        await page.GotoAsync(url);
        await Expect(page.Locator(".plot canvas")).ToHaveCountAsync(4);

        Assert.Empty(await ViolationsAsync());
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "something is wider than the window");
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", $"{width}-{scheme.ToString().ToLowerInvariant()}.png") });
    }

    [Theory(Skip = Chromium.Missing, SkipType = typeof(Chromium), SkipUnless = nameof(Chromium.IsThere))]
    [InlineData(375, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    public async Task A_rollup_is_walked_through_by_links_and_can_be_read_by_everybody(int width, ColorScheme scheme)
    {
        await window.DisposeAsync();
        await OpenAsync(width, scheme);
        await page.GotoAsync(url + "/?range=week");
        await page.Locator(".tile", new() { HasText = "anthropic" }).Locator("a.further").ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("range=week&rollup=by_model&sort=requests&top=20&platform=anthropic$"));
        await Expect(page.Locator("#keys tbody tr")).ToHaveCountAsync(20);
        Assert.Empty(await ViolationsAsync());
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "something is wider than the window");
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", $"rollup-{width}.png") });

        await page.GetByRole(AriaRole.Link, new() { Name = "Cost, USD" }).ClickAsync();
        await Expect(page.Locator("th[aria-sort=descending]")).ToHaveTextAsync("Cost, USD");
        await page.Locator("#keys tbody tr").First.GetByRole(AriaRole.Link, new() { Name = "by_account" }).ClickAsync();
        await Expect(page.Locator("#keys tbody tr")).ToHaveCountAsync(3);
        await Expect(page.Locator("#filters .chip")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Button, new() { Name = "Day", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Day", Exact = true })).ToHaveAttributeAsync("aria-pressed", "true", new() { Timeout = Patience });
        await Expect(page).ToHaveURLAsync(new Regex("range=day.*rollup=by_account.*sort=cost.*platform=anthropic.*model="));
        await page.Locator("#filters .chip", new() { HasText = "model" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("range=day&rollup=by_account&sort=cost&top=20&platform=anthropic$"));
        await Expect(page.Locator("#keys tbody tr")).ToHaveCountAsync(20);
        await Expect(page.Locator("#state")).ToHaveTextAsync("Live");
        Assert.Empty(complaints);
    }

    [Fact(Skip = Chromium.Missing, SkipType = typeof(Chromium), SkipUnless = nameof(Chromium.IsThere))]
    public async Task The_theme_can_be_switched_and_stays()
    {
        await page.GotoAsync(url);
        string light = await GroundAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark", Exact = true }).ClickAsync();
        string dark = await GroundAsync();
        await page.ReloadAsync();

        Assert.NotEqual(light, dark);
        Assert.Equal(dark, await GroundAsync());
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Light", Exact = true })).ToBeVisibleAsync();
    }

    private Task<HttpServer> ServeAsync(string address)
    {
        var stage = new Stage();
        stage.Open(reports, () => true, () => true);
        return HttpServer.StartAsync(new Uri(address), stage, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
    }

    private async Task OpenAsync(int width, ColorScheme scheme)
    {
        window = await chromium.OpenAsync(width, scheme);
        page = await window.NewPageAsync();
        page.Console += (_, line) =>
        {
            if (line.Type is "error" or "warning")
                complaints.Add(line.Text);
        };
        page.PageError += (_, fault) => complaints.Add(fault);
    }

    private Task<string> GroundAsync() => page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");

    private async Task<IEnumerable<string>> ViolationsAsync()
    {
        var result = await page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] } });
        return result.Violations.Select(violation => $"{violation.Id}: {violation.Help} {string.Join("; ", violation.Nodes.Take(3).Select(node => node.Html))}");
    }
}
