using Microsoft.Playwright;
using StreamAgg.Page.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace StreamAgg.Page.Tests;

/// <summary>The browser of this machine, one for all tests; Playwright's own is never fetched.</summary>
public sealed class Chromium : IAsyncLifetime
{
    public const string Missing = "needs Chromium: ./dev setup --browser";

    private static readonly string? Path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => System.IO.Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    private IPlaywright? playwright;
    private IBrowser? browser;

    public static bool IsThere => Path is not null;

    public async ValueTask InitializeAsync()
    {
        if (Path is null)
            return;
        playwright = await Playwright.CreateAsync();
        // As root, and in most containers, Chromium has no sandbox; what is shown is our own.
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Path, Args = ["--no-sandbox"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
    }

    /// <summary>A window of its own, as of a reader who was never here.</summary>
    public Task<IBrowserContext> OpenAsync(int width, ColorScheme scheme) =>
        browser!.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme, TimezoneId = "Asia/Tokyo" });
}
