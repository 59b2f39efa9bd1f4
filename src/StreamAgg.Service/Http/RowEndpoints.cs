using Microsoft.AspNetCore.Http.Timeouts;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http;

/// <summary>The rows, the quantiles and the status. Ranges are bounded so that one request can't ask for everything.</summary>
internal static class RowEndpoints
{
    private static readonly TimeSpan HourlyWindow = TimeSpan.FromHours(24);
    private static readonly TimeSpan DailyWindow = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestHourly = TimeSpan.FromDays(366);
    private static readonly TimeSpan LongestDaily = TimeSpan.FromDays(3660);

    /// <summary>Days of another zone are merged from their hours, one after the other.</summary>
    private static readonly TimeSpan LongestInZone = TimeSpan.FromDays(366);

    /// <summary>Some 25 MB of JSON.</summary>
    private const int MaxRows = 100_000;

    public static void Map(IEndpointRouteBuilder app, Stage stage, Recent<StatusReport> status)
    {
        MapRows("/api/v1/hourly", RowTable.Hourly, HourlyWindow, LongestHourly);
        MapRows("/api/v1/daily", RowTable.Daily, DailyWindow, LongestDaily);
        app.MapMethods("/api/v1/quantile", ReadMethods.GetAndHead, async context =>
        {
            var query = new QueryParameters(context.Request.Query, "q", "platform", "from", "to");
            double q = query.Quantile();
            var platforms = query.Platforms();
            var (from, to) = await RangeAsync(query, context, stage, HourlyWindow, LongestHourly);
            var report = await stage.Reports.QuantileAsync(q, platforms, from, to, context.RequestAborted);
            await Body.WriteTaggedAsync(context, "application/json", JsonText.Encode(report.WriteJson));
        }).Limit(Limits.Quantiles);
        app.MapMethods("/api/v1/status", ReadMethods.GetAndHead, async context =>
        {
            _ = new QueryParameters(context.Request.Query);
            var report = await status.GetAsync(context.RequestAborted);
            await Body.WriteAsync(context, "application/json", report.WriteJson);
        });

        void MapRows(string path, RowTable table, TimeSpan window, TimeSpan longest) => app.MapMethods(path, ReadMethods.GetAndHead, async context =>
        {
            bool isDaily = table == RowTable.Daily;
            var query = new QueryParameters(context.Request.Query, isDaily ? ["platform", "from", "to", "tz"] : ["platform", "from", "to"]);
            var platforms = query.Platforms();
            var zone = isDaily ? query.Zone() : null;
            var (from, to) = await RangeAsync(
                query, context, stage, window, zone is null ? longest : LongestInZone, isDaily ? TimeForms.Dates : TimeForms.Instants, zone);
            await WriteAsync(context, table, zone is null
                ? token => stage.Reports.RowsAsync(table, platforms, from, to, MaxRows, token)
                : DayZone.Rows(stage.Reports, await status.GetAsync(context.RequestAborted), zone, platforms, from, to));
        }).Limit(Limits.Rows);
    }

    private static Task<(Instant From, Instant To)> RangeAsync(
        QueryParameters query, HttpContext context, Stage stage, TimeSpan window, TimeSpan longest,
        TimeForms forms = TimeForms.Instants, TimeZoneInfo? zone = null) =>
        query.RangeAsync(() => stage.Reports.NowAsync(context.RequestAborted), window, longest, forms, zone);

    /// <summary>Page by page: what lies in memory is one of them, and nothing of a body where only its head is asked for.</summary>
    private static async Task WriteAsync(
        HttpContext context, RowTable table, Func<CancellationToken, IAsyncEnumerable<IReadOnlyList<PublishedRow>>> ask)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        await using var pages = ask(bound.Token).GetAsyncEnumerator(bound.Token);
        bool isMore;
        try
        {
            isMore = await pages.MoveNextAsync();
        }
        catch (TooManyRowsException tooMany)
        {
            throw new BadParameterException("from", tooMany.Message);
        }

        using var rows = RowBody.For(context.Request, table, context.Response.BodyWriter);
        context.Response.ContentType = rows.ContentType;
        context.Response.Headers.Vary = "Accept";
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        bound.CancelAfter(Limits.RowsTimeout);
        rows.Begin();
        for (; isMore; isMore = await pages.MoveNextAsync())
        {
            foreach (var row in pages.Current)
                rows.Write(row);
            await context.Response.BodyWriter.FlushAsync(bound.Token);
        }

        rows.End();
        await context.Response.BodyWriter.FlushAsync(bound.Token);
    }
}
