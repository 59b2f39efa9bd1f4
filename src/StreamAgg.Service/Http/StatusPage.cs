using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http;

/// <summary>A plain page for a person: how far the pipeline is, and the last rows. No script, and nothing is loaded from anywhere.</summary>
internal static class StatusPage
{
    private const string Style =
        """
        :root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:72rem;margin:2rem auto;padding:0 1rem}
        table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #8884}
        th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){text-align:left}td{font-variant-numeric:tabular-nums}
        """;

    private const int ShownRows = 200;
    private const int MaxRows = 24_000;

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder app, IReports reports) => app.MapMethods("/", Verbs.GetAndHead, async context =>
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        var now = await reports.NowAsync(context.RequestAborted);
        var status = await reports.StatusAsync(context.RequestAborted);
        var rows = await reports.HourlyAsync([], now - TimeSpan.FromHours(24), now, MaxRows, context.RequestAborted);
        await Body.WriteAsync(context, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(Render(status, rows)));
    });

    private static string Render(StatusReport status, IReadOnlyList<MetricRow> rows)
    {
        var html = new StringBuilder();
        html.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"10\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width\"><title>StreamAgg</title><style>").Append(Style).Append("</style></head><body>")
            .Append("<h1>StreamAgg</h1><p>")
            .Append(Encoded($"Watermark {status.Watermark?.ToString() ?? "unknown"} · {status.OpenHours} open hours · {status.DirtyHours} to publish · "
                + $"{status.RowsKept} rows kept · {status.Gaps.Count} gaps · lag {status.TotalLag?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}"))
            .Append("</p><h2>The last 24 hours</h2>");
        Table(html, ["Hour", "Platform", "Requests", "Success", "Errors", "4xx", "5xx", "Timeouts", "Mean ms", "p99 ms", "Errors %"],
            rows.Reverse().Take(ShownRows).Select(Cells));
        html.Append("<h2>Partitions</h2>");
        Table(html, ["Topic", "Partition", "Owner", "Next offset", "Log end", "Lag", "Watermark"],
            status.Partitions.Select(p => (string[])
                [p.Topic, Text(p.Partition), p.Owner ?? "", Text(p.NextOffset), Text(p.LogEndOffset), Text(p.Lag), p.Watermark?.ToString() ?? ""]));
        return html.Append("<p>JSON: /api/v1/hourly, /api/v1/daily, /api/v1/quantile?q=0.99, /api/v1/status</p></body></html>\n").ToString();
    }

    private static string[] Cells(MetricRow row)
    {
        var f = row.Figures;
        return
        [
            row.Bucket, row.Platform, Text(f.RequestCount), Text(f.SuccessCount), Text(f.ErrorCount), Text(f.Error4xxCount), Text(f.Error5xxCount),
            Text(f.TimeoutCount), Text(f.AvgLatencyMs), Text(f.P99LatencyMs), Text(f.ErrorRate),
        ];
    }

    private static void Table(StringBuilder html, IEnumerable<string> columns, IEnumerable<string[]> rows)
    {
        html.Append("<table><thead><tr>");
        foreach (string column in columns)
            html.Append("<th>").Append(Encoded(column)).Append("</th>");
        html.Append("</tr></thead><tbody>");
        foreach (string[] row in rows)
        {
            html.Append("<tr>");
            foreach (string cell in row)
                html.Append("<td>").Append(Encoded(cell)).Append("</td>");
            html.Append("</tr>");
        }

        html.Append("</tbody></table>");
    }

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);

    private static string Text(long? value) => value?.ToString("N0", CultureInfo.InvariantCulture) ?? "";

    private static string Text(double? value) => value?.ToString("N1", CultureInfo.InvariantCulture) ?? "";
}
