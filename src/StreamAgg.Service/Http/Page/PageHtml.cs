using System.Text;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http.Page;

/// <summary>The page: whole as it comes from here, with links and forms; its script asks for it again and puts the new parts in place.</summary>
internal static class PageHtml
{
    /// <summary>Without a script the browser itself asks again.</summary>
    public const string RefreshSeconds = "10";

    /// <summary>The page of a rollup that is not the platforms'.</summary>
    /// <param name="here">What is shown.</param>
    /// <param name="rollups">All that are configured.</param>
    public static byte[] Of(PageLink here, TopAnswer answer, IReadOnlyList<Rollup> rollups, StatusReport status, Instant now) => Page(
        here.Range.Name, Html.Of(
        $"""
        <form id="view" method="get" action="/" aria-label="View">{Ranges(here.Range)}{Html.Each(here.Kept, part => Html.Of($"<input type=\"hidden\" name=\"{part.Name}\" value=\"{part.Value}\">"))}</form>
        {RollupHtml.Chooser(here, rollups)}
        {RollupHtml.Filters(here, new Labels(here.Where.Select(filter => filter.Value)))}
        {RollupHtml.Of(here, answer, rollups, status, now)}
        """));

    /// <param name="here">What is shown; its filters are the platforms, none of them: all.</param>
    /// <param name="rollups">All that are configured.</param>
    public static byte[] Of(PageView view, StatusReport status, PageLink here, IReadOnlyList<Rollup> rollups)
    {
        List<string> chosen = [.. here.Where.Select(filter => filter.Value)];
        var all = view.Platforms([]);
        var platforms = chosen.Count == 0 ? all : view.Platforms(chosen);
        var labels = new Labels(all.Select(platform => platform.Label).Union(chosen));
        var verdicts = Judgement.All(view, platforms);
        var levels = verdicts.Where(verdict => verdict.Of is not null).ToDictionary(verdict => verdict.Of!, verdict => verdict.Level);
        var rows = view.Rows.Rows.Where(row => chosen.Count == 0 || chosen.Contains(row.Row.Label)).ToList();
        return Page(view.Range.Name, Html.Of(
            $"""
            {Controls(view, all, chosen, labels)}
            {RollupHtml.Chooser(here, rollups)}
            <main data-now="{view.Now.ToString()}">
            <section id="verdict" data-live aria-label="Summary">{Summary(view, platforms, verdicts, labels)}</section>
            <section id="strip" data-live aria-label="Aggregator">{PipelineHtml.Strip(status)}</section>
            <section id="tiles" data-live aria-label="Platforms">{Tiles(view, platforms, levels, labels, here, rollups)}</section>
            <section id="charts" aria-label="Charts" hidden></section>
            <section id="rows" data-live aria-label="Rows of the range">{TableHtml.Of(view, rows, labels, Csv(view, chosen))}</section>
            <section id="pipeline" aria-label="Pipeline"><h2>Pipeline</h2><div id="details" data-live>{PipelineHtml.Details(status)}</div></section>
            </main>
            <script type="application/json" id="data">{new Html().AddData(ChartData.Of(view, platforms, labels))}</script>
            """));
    }

    /// <summary>What is shown where nothing can be read.</summary>
    /// <param name="title">What is the matter.</param>
    /// <param name="reason">In one line.</param>
    /// <param name="remedy">What happens meanwhile, or what to do.</param>
    public static byte[] Away(string title, string reason, string remedy, PipelineVitals? process) => Page(PageRange.Day, Html.Of(
        $"""
        <main><section id="notice" class="away" role="alert"><h2>{title}</h2><p>{reason}</p><p>{remedy} This page asks again by itself.</p>
        {Html.When(process is not null, () => Html.Of($"<p class=\"muted\">This process: {StatusLines.Text(process!)}</p>"))}</section></main>
        """));

    private static byte[] Page(string range, Html content) => Encoding.UTF8.GetBytes(Html.Of(
        $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>StreamAgg</title>
        <link rel="icon" href="/assets/icon.svg"><link rel="stylesheet" href="/assets/uPlot-1.6.32.min.css"><link rel="stylesheet" href="/assets/page.css">
        <script src="/assets/theme.js"></script><script defer src="/assets/uPlot-1.6.32.min.js"></script><script type="module" src="/assets/page.js"></script>
        <noscript><meta http-equiv="refresh" content="{RefreshSeconds}"></noscript></head>
        <body data-range="{range}"><header><h1><a href="/">StreamAgg</a></h1><p id="state" role="status"></p>
        <label class="zone">Times in <input id="zone" list="zones" value="UTC" size="16" autocomplete="off" spellcheck="false" disabled></label><datalist id="zones"></datalist>
        <button type="button" id="theme" hidden>Dark</button></header>
        {content}
        <footer>JSON: <a href="/api/v1/live">live</a> <a href="/api/v1/hourly">hourly</a> <a href="/api/v1/daily">daily</a> <a href="/api/v1/quantile?q=0.99">quantile</a> <a href="/api/v1/quantiles?q=0.5&amp;q=0.99">quantiles</a> <a href="/api/v1/status">status</a> <a href="/openapi/v1.json">OpenAPI</a></footer>
        </body></html>

        """).ToString());

    private static Html Controls(PageView view, IReadOnlyList<PlatformView> platforms, IReadOnlyList<string> chosen, Labels labels) => Html.Of(
        $"""
        <form id="view" method="get" action="/" aria-label="View">
        {Ranges(view.Range)}
        <fieldset id="platforms" data-live><legend>Platforms</legend>{Html.Each(Choices(platforms, chosen), label => Html.Of(
            $"<label class=\"chip c{Labels.Colour(label)}\"><input type=\"checkbox\" name=\"platform\" value=\"{label}\"{Html.When(chosen.Contains(label), () => Html.Of($" checked"))}><i class=\"swatch\"></i>{labels.Show(label)}</label>"))}</fieldset>
        </form>
        <form id="custom" method="get" action="/" aria-label="Custom range"><details{Html.When(view.Range.Name == PageRange.Custom, () => Html.Of($" open"))}><summary>Custom</summary>
        <input type="hidden" name="range" value="custom">{Html.Each(chosen, label => Html.Of($"<input type=\"hidden\" name=\"platform\" value=\"{label}\">"))}
        <label>From (UTC) <input type="datetime-local" name="from" required value="{Local(view.Range.From)}"></label>
        <label>To (UTC) <input type="datetime-local" name="to" required value="{Local(view.Range.To)}"></label><button>Show</button></details></form>
        """);

    private static Html Ranges(PageRange shown) => Html.Of(
        $"""
        <div class="ranges" role="group" aria-label="Range">{Html.Each(PageRange.Named, range => Html.Of(
            $"<button name=\"range\" value=\"{range.Name}\" aria-pressed=\"{(range.Name == shown.Name ? "true" : "false")}\">{range.Title}</button>"))}</div>
        """);

    private static IEnumerable<string> Choices(IReadOnlyList<PlatformView> platforms, IReadOnlyList<string> chosen) =>
        platforms.Select(platform => platform.Label).Union(chosen).Order(StringComparer.Ordinal);

    private static Html Summary(PageView view, IReadOnlyList<PlatformView> platforms, IReadOnlyList<Judgement> verdicts, Labels labels)
    {
        long requests = platforms.Sum(platform => platform.Requests), errors = platforms.Sum(platform => platform.Errors);
        string form = view.Range.HasDays ? "day" : "hour";
        var end = view.Range.To > view.Now ? Html.Of($"now") : Readable.Time(view.Range.To, "hour");
        return Html.Of(
            $"""
            <h2>{Html.Each(verdicts.Take(4), verdict => Html.Of($"<span class=\"{verdict.Level}\">{Html.When(verdict.Of is not null, () => Html.Of($"<b>{labels.Show(verdict.Of!)}</b>: "))}{verdict.Text}{Html.When(verdict.Of is not null, () => Html.Of($"."))}</span> "))}{Html.When(verdicts.Count > 4, () => Html.Of($"<span>And {Readable.Count(verdicts.Count - 4)} more.</span>"))}</h2>
            <p>{Html.When(requests > 0, () => Html.Of($"<b>{Readable.Count(requests)}</b> requests, <b>{Readable.Percent(100.0 * errors / requests)}</b> errors, "))}{Readable.Time(view.Range.From, form)} to {end}{Html.When(view.Range.To > view.Now, () => Html.Of($" ({Readable.Time(view.Now, "second")}); {(view.Range.HasDays ? "today" : "the running hour")} is <span class=\"tag\">provisional</span>"))}</p>
            """);
    }

    private static Html Tiles(
        PageView view, IReadOnlyList<PlatformView> platforms, Dictionary<string, string> levels, Labels labels, PageLink here,
        IReadOnlyList<Rollup> rollups) => platforms.Count > 0
        ? Html.Each(platforms, platform => TileHtml.Of(
            view, platform, labels, levels.GetValueOrDefault(platform.Label), here.Finer(rollups) is { } finer
                ? Html.Of($"<a class=\"further\" href=\"{here.To(finer).With(Rollup.Platform, platform.Label).ToString()}\">{finer.Name}</a>")
                : new Html()))
        : Html.Of(
            $"""
            <p class="empty"><b>No events in this range.</b> Choose a longer one, or see below whether the aggregator reads: `streamagg check --sample 100` says what lies in the topics.</p>
            """);

    private static string Csv(PageView view, IReadOnlyList<string> chosen) =>
        $"/api/v1/live?format=csv&by={(view.Range.HasDays ? "day" : "hour")}&from={view.Range.From}&to={view.Range.To}"
        + string.Concat(chosen.Select(label => $"&platform={Uri.EscapeDataString(label)}"));

    private static string Local(Instant time) => Readable.Utc(time, "hour").Replace(' ', 'T');
}
