using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http;

/// <summary>The rows, the quantiles and the status as JSON. Ranges are bounded so that one request can't ask for everything.</summary>
internal static class MetricEndpoints
{
    private static readonly TimeSpan HourlyWindow = TimeSpan.FromHours(24);
    private static readonly TimeSpan DailyWindow = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestHourly = TimeSpan.FromDays(366);
    private static readonly TimeSpan LongestDaily = TimeSpan.FromDays(3660);

    /// <summary>Some 25 MB of JSON.</summary>
    private const int MaxRows = 100_000;

    public static void Map(IEndpointRouteBuilder app, IReports reports)
    {
        app.MapMethods("/api/v1/hourly", Verbs.GetAndHead, async context =>
        {
            var query = new QueryParameters(context.Request.Query, "platform", "from", "to");
            var platforms = query.Platforms();
            var (from, to) = query.Range(await reports.NowAsync(context.RequestAborted), HourlyWindow, LongestHourly);
            var rows = await reports.HourlyAsync(platforms, from, to, MaxRows + 1, context.RequestAborted);
            RefuseTooMany(rows);
            await Body.WriteAsync(context, "application/json", json => MetricRow.WriteJson(json, "bucket_start", rows));
        });
        app.MapMethods("/api/v1/daily", Verbs.GetAndHead, async context =>
        {
            var query = new QueryParameters(context.Request.Query, "platform", "from", "to");
            var platforms = query.Platforms();
            var (from, to) = query.Range(await reports.NowAsync(context.RequestAborted), DailyWindow, LongestDaily);
            var rows = await reports.DailyAsync(platforms, from, to, MaxRows + 1, context.RequestAborted);
            RefuseTooMany(rows);
            await Body.WriteAsync(context, "application/json", json => MetricRow.WriteJson(json, "bucket_date", rows));
        });
        app.MapMethods("/api/v1/quantile", Verbs.GetAndHead, async context =>
        {
            var query = new QueryParameters(context.Request.Query, "q", "platform", "from", "to");
            double q = query.Quantile();
            var platforms = query.Platforms();
            var (from, to) = query.Range(await reports.NowAsync(context.RequestAborted), HourlyWindow, LongestHourly);
            var report = await reports.QuantileAsync(q, platforms, from, to, context.RequestAborted);
            await Body.WriteAsync(context, "application/json", report.WriteJson);
        });
        app.MapMethods("/api/v1/status", Verbs.GetAndHead, async context =>
        {
            _ = new QueryParameters(context.Request.Query);
            var status = await reports.StatusAsync(context.RequestAborted);
            await Body.WriteAsync(context, "application/json", status.WriteJson);
        });
    }

    private static void RefuseTooMany(IReadOnlyList<MetricRow> rows)
    {
        if (rows.Count > MaxRows)
            throw new BadParameterException("from", $"the range holds more than {MaxRows} rows: ask for less at a time, or for fewer platforms.");
    }
}
