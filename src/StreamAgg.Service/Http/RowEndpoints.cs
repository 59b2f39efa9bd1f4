using Microsoft.AspNetCore.Http.Timeouts;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
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
        MapRows("/api/v1/hourly", isDaily: false, HourlyWindow, LongestHourly);
        MapRows("/api/v1/daily", isDaily: true, DailyWindow, LongestDaily);
        app.MapMethods("/api/v1/quantile", ReadMethods.GetAndHead, async context =>
        {
            Rollup rollup = QueryParameters.RollupOf(context.Request.Query, stage.Reports.Rollups);
            var query = new QueryParameters(context.Request.Query, ["q", .. rollup.Dimensions, "from", "to", "rollup"]);
            double q = query.Quantile();
            var where = query.Where(rollup);
            var (from, to) = await RangeAsync(query, context, stage, HourlyWindow, LongestHourly);
            var report = await stage.Reports.QuantileAsync(q, rollup, where, from, to, context.RequestAborted);
            await Body.WriteTaggedAsync(context, "application/json", JsonText.Encode(report.WriteJson));
        }).Limit(Limits.Quantiles);
        app.MapMethods("/api/v1/status", ReadMethods.GetAndHead, async context =>
        {
            _ = new QueryParameters(context.Request.Query);
            var report = await status.GetAsync(context.RequestAborted);
            await Body.WriteAsync(context, "application/json", report.WriteJson);
        });

        void MapRows(string path, bool isDaily, TimeSpan window, TimeSpan longest) => app.MapMethods(path, ReadMethods.GetAndHead, async context =>
        {
            bool isNamed = context.Request.Query.ContainsKey("rollup");
            Rollup rollup = isNamed ? QueryParameters.RollupOf(context.Request.Query, stage.Reports.Rollups) : Rollup.ByPlatform(int.MaxValue);
            // Days of another zone are made of the hours by platform.
            bool hasZones = isDaily && !isNamed;
            var query = new QueryParameters(
                context.Request.Query, [.. rollup.Dimensions, "from", "to", "rollup", .. hasZones ? (string[])["tz"] : []]);
            var where = query.Where(rollup);
            var zone = hasZones ? query.Zone() : null;
            // Named, that by platform has every measure; else it is the table that was there first.
            RowTable table = isNamed ? RowTable.Of(rollup, isDaily)[^1] : RowTable.Of(rollup, isDaily)[0];
            var (from, to) = await RangeAsync(
                query, context, stage, window, zone is null ? longest : LongestInZone, isDaily ? TimeForms.Dates : TimeForms.Instants, zone);
            await WriteAsync(context, table, zone is null
                ? token => stage.Reports.RowsAsync(table, where, from, to, MaxRows, token)
                : DayZone.Rows(stage.Reports, await status.GetAsync(context.RequestAborted), zone, query.Platforms(), from, to));
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
