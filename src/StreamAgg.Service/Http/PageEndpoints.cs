using System.Globalization;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Http.Page;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http;

/// <summary>The page for a person, and what it loads: all of it from here.</summary>
internal static class PageEndpoints
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>How old what is shown may be: however many look, it is put together once in that time.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(2);

    /// <summary>Of closed hours alone, summed over all keys of a range.</summary>
    private static readonly TimeSpan TopAge = TimeSpan.FromSeconds(10);

    /// <summary>Writing it takes a millisecond, and hundreds may look: it is written once in that time.</summary>
    private static readonly TimeSpan WrittenAge = TimeSpan.FromSeconds(1);

    /// <summary>A status waits for brokers that do not answer; the page shows the last one meanwhile.</summary>
    private static readonly TimeSpan StatusWait = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder app, Stage stage, Recent<StatusReport> status, TimeSpan timeout)
    {
        var views = new RecentByKey<PageView>(Age, timeout);
        var tops = new RecentByKey<TopAnswer>(TopAge, timeout);
        var pages = new RecentByKey<byte[]>(WrittenAge, timeout);
        var shown = new LastKnown<StatusReport>(status, StatusWait);
        app.MapMethods("/", ReadMethods.GetAndHead, async context =>
        {
            context.Response.Headers.ContentSecurityPolicy = Policy;
            await Body.WriteAsync(context, "text/html; charset=utf-8", await ShownAsync(context, stage, views, tops, pages, shown));
        }).RequireRateLimiting(Limits.Page);
    }

    private static async Task<byte[]> ShownAsync(
        HttpContext context, Stage stage, RecentByKey<PageView> views, RecentByKey<TopAnswer> tops, RecentByKey<byte[]> pages,
        LastKnown<StatusReport> status)
    {
        try
        {
            var rollup = QueryParameters.RollupOf(context.Request.Query, stage.Reports.Rollups);
            bool isByPlatform = rollup.Name == Rollup.Platform;
            // What only the script reads may stand in the link, too.
            var query = new QueryParameters(
                context.Request.Query,
                [.. rollup.Dimensions, "rollup", "range", "from", "to", "tz", "q", "sort", .. isByPlatform ? (string[])[] : ["top"]]);
            var where = query.Where(rollup);
            var filters = where.SelectMany(filter => filter.Value.Select(value => (filter.Key, value))).ToList();
            var (key, range) = await RangeAsync(query, stage.Reports, context.RequestAborted);
            var (order, top) = isByPlatform ? (TopOrder.Requests, PageLink.FewestKeys) : OrderOf(query);
            string? zone = context.Request.Query["tz"];
            // With their lengths: no label and the empty one are two choices, whatever characters a label holds.
            string chosen = string.Concat(filters.Select(filter => $" {filter.Key} {filter.value.Length}:{filter.value}"));
            return await pages.GetAsync($"{rollup.Name} {order} {top} {key}{chosen} {zone}", WriteAsync, context.RequestAborted);

            async Task<byte[]> WriteAsync(CancellationToken cancellation)
            {
                var rollups = stage.Reports.Rollups;
                if (isByPlatform)
                {
                    var view = await views.GetAsync(key, token => ReadAsync(stage.Reports, range, token), cancellation);
                    return PageHtml.Of(view, await status.GetAsync(cancellation), new PageLink(view.Range, zone, rollup, filters), rollups);
                }

                var now = await stage.Reports.NowAsync(cancellation);
                var here = new PageLink(range(now), zone, rollup, filters, order, top);
                var question = new TopQuestion(
                    rollup, where, here.Range.From, Instant.Min(here.Range.To, now.Hour.End), here.Range.HasDays, order, top, RollupHtml.Quantiles);
                var answer = await tops.GetAsync(
                    $"{rollup.Name} {order} {top} {question.From} {question.To}{chosen}", token => stage.Reports.TopAsync(question, token), cancellation);
                return PageHtml.Of(here, answer, rollups, await status.GetAsync(cancellation), now);
            }
        }
        catch (Exception fault) when (fault is StoreUnavailableException or NotServingException)
        {
            // Still a page, and one that asks again: a person sees it go, and come back.
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = PageHtml.RefreshSeconds;
            return fault is NotServingException
                ? PageHtml.Away("Not serving", fault.Message, "", null)
                : PageHtml.Away(
                    "PostgreSQL is away", OneLine.Of(fault),
                    "Reading goes on until its bound on memory; rows follow when PostgreSQL is back.", stage.Reports.Process);
        }
    }

    private static (TopOrder Order, int Top) OrderOf(QueryParameters query)
    {
        string order = query.OneOf("sort", PageLink.Orders, PageLink.Orders[0]);
        string top = query.OneOf("top", [.. PageLink.Tops.Select(top => $"{top}")], $"{PageLink.FewestKeys}");
        return ((TopOrder)Array.IndexOf(PageLink.Orders, order), int.Parse(top, CultureInfo.InvariantCulture));
    }

    /// <summary>A name that is the same for all who ask for the same, and the range as of a time.</summary>
    private static async Task<(string Key, Func<Instant, PageRange> Range)> RangeAsync(
        QueryParameters query, IReports reports, CancellationToken cancellation)
    {
        string name = query.OneOf("range", [.. PageRange.Named.Select(range => range.Name), PageRange.Custom], PageRange.Day);
        if (name != PageRange.Custom)
            return (name, now => PageRange.Of(name, now));
        var (from, to) = await query.RangeAsync(() => reports.NowAsync(cancellation), TimeSpan.FromDays(1), PageRange.Longest, TimeForms.Minutes);
        var range = PageRange.Between(from, to);
        return ($"{range.From} {range.To}", _ => range);
    }

    private static async Task<PageView> ReadAsync(IReports reports, Func<Instant, PageRange> range, CancellationToken cancellation)
    {
        var now = await reports.NowAsync(cancellation);
        return await PageView.ReadAsync(reports, range(now), now, cancellation);
    }
}
