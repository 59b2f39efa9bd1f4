using System.Globalization;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;

namespace StreamAgg.Service.Http.Page;

/// <summary>A platform at a glance.</summary>
internal static class TileHtml
{
    /// <summary>Of a sparkline's box; it is stretched to the tile's width.</summary>
    private const double Height = 32, Step = 4, Gap = 0.8;

    /// <param name="level">How bad it is; null where it does not stand out.</param>
    /// <param name="further">A link to what lies behind it, if anything.</param>
    public static Html Of(PageView view, PlatformView platform, Labels labels, string? level, Html further) => Html.Of(
        $"""
        <article class="tile {level} c{Labels.Colour(platform.Label)}" data-platform="{platform.Label}">
        <h3><i class="swatch"></i>{labels.Show(platform.Label)}{further}</h3>
        {(platform.Total is { } total ? Figures(view, platform, total) : Html.Of(
            $"<p class=\"none\">no traffic</p><p class=\"muted\">{Readable.Count(platform.Before?.Row.Requests())} requests {view.Range.Before}</p>"))}
        {Spark(view.Buckets(), platform)}
        </article>
        """);

    private static Html Figures(PageView view, PlatformView platform, LiveRow total)
    {
        bool isThin = PlatformView.IsThin(total);
        string thin = $"{Health.Plural(PlatformView.Samples(total), "duration")}: too few", when = view.Range.Before;
        string? change = Readable.Change(platform.ComparableRequests, platform.Before?.Row.Requests());
        string requests = change is null ? $"none {when}" : $"{change} against {when}";
        string errors = platform.Before is { } before ? $"{Readable.Percent(before.Row.ErrorRate())} {when}" : "";
        string latency = platform.P99 is null ? "no durations" : isThin ? thin
            : platform.Before?.Row["p99_latency_ms"] is double was ? $"{Readable.Milliseconds(was)} {when}" : "";
        return Html.Of(
            $"""
            <dl>
            <div class="requests"><dt>Requests</dt><dd data-value="{platform.Requests}">{Readable.Count(platform.Requests)}</dd><dd class="note">{requests}</dd></div>
            <div><dt>Errors</dt><dd data-value="{Number(platform.ErrorRate)}">{Readable.Percent(platform.ErrorRate)}</dd><dd class="note">{errors}</dd></div>
            <div><dt>p99</dt><dd{Html.When(isThin, () => Html.Of($" class=\"thin\" title=\"{thin}\""))}>{Readable.Milliseconds(platform.P99)}</dd><dd class="note">{latency}</dd></div>
            </dl>
            <p class="split"><span>4xx <b>{Sum(total, "error_4xx_count")}</b></span><span>5xx <b>{Sum(total, "error_5xx_count")}</b></span><span>timeouts <b>{Sum(total, "timeout_count")}</b></span></p>
            """);
    }

    /// <summary>A bar for each bucket: its requests, at its foot those that failed. A bucket without traffic has none.</summary>
    private static Html Spark(IReadOnlyList<Instant> buckets, PlatformView platform)
    {
        var rows = platform.Rows.ToDictionary(row => row.Row.Start);
        double most = Math.Max(1, platform.Rows.Select(row => row.Row.Requests()).DefaultIfEmpty().Max());
        return Html.Of(
            $"""
            <svg class="spark" viewBox="0 0 {Number(buckets.Count * Step)} {Number(Height)}" preserveAspectRatio="none" aria-hidden="true">
            {Html.Each(buckets.Index(), bucket => rows.TryGetValue(bucket.Item, out var row) ? Bar(bucket.Index, row, most) : new Html())}</svg>
            """);
    }

    private static Html Bar(int place, LiveRow row, double most)
    {
        double height = Math.Max(0.7, Height * row.Row.Requests() / most), failed = height * row.Row.ErrorRate() / 100;
        return Html.Of($"{Box(row.IsProvisional ? "open" : "all", place, height)}{Html.When(failed > 0, () => Box("failed", place, failed))}");
    }

    private static Html Box(string kind, int place, double height) => Html.Of(
        $"<rect class=\"{kind}\" x=\"{Number(place * Step)}\" y=\"{Number(Height - height)}\" width=\"{Number(Step - Gap)}\" height=\"{Number(height)}\"/>");

    private static string Sum(LiveRow total, string column) => Readable.Count(total.Row.Get<long>(column));

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
