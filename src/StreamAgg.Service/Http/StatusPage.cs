using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Output;
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

    private const string RefreshSeconds = "10";
    private const int ShownRows = 200;

    /// <summary>How old what is shown may be: however many look, it is put together once in that time.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(2);

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder app, Stage stage, Recent<StatusReport> status, TimeSpan timeout)
    {
        var page = new Recent<byte[]>(token => PageAsync(stage.Reports, status, token), Age, timeout, TimeProvider.System);
        app.MapMethods("/", ReadMethods.GetAndHead, async context =>
        {
            byte[] shown = await ShownAsync(context, stage, page);
            context.Response.Headers.ContentSecurityPolicy = Policy;
            context.Response.Headers["Referrer-Policy"] = "no-referrer";
            await Body.WriteAsync(context, "text/html; charset=utf-8", shown);
        });
    }

    private static async Task<byte[]> PageAsync(IReports reports, Recent<StatusReport> status, CancellationToken cancellation)
    {
        var now = await reports.NowAsync(cancellation);
        return Page(Content(
            await status.GetAsync(cancellation), await reports.LatestHoursAsync(now - TimeSpan.FromHours(24), now, ShownRows, cancellation)));
    }

    private static async Task<byte[]> ShownAsync(HttpContext context, Stage stage, Recent<byte[]> page)
    {
        try
        {
            return await page.GetAsync(context.RequestAborted);
        }
        catch (StoreUnavailableException away)
        {
            // Still a page, and one that asks again: a person sees it go, and come back.
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = RefreshSeconds;
            return Page($"<h2>PostgreSQL is away</h2><p>{Encoded(OneLine.Of(away))}</p>"
                + "<p>Reading goes on until its bound on memory; rows follow when PostgreSQL is back. This page asks again by itself.</p>"
                + (stage.Reports.Process is { } process ? $"<p>This process: {Encoded(StatusLines.Text(process))}</p>" : ""));
        }
    }

    private static byte[] Page(string content) => Encoding.UTF8.GetBytes(
        $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"{RefreshSeconds}\">"
        + $"<meta name=\"viewport\" content=\"width=device-width\"><title>StreamAgg</title><style>{Style}</style></head><body><h1>StreamAgg</h1>{content}</body></html>\n");

    private static string Content(StatusReport status, IReadOnlyList<PublishedRow> rows)
    {
        var html = new StringBuilder("<p>");
        html.Append(Encoded($"Watermark {Text(status.Watermark) ?? "unknown"} · open hours {status.OpenHours} · to publish {status.DirtyHours} · "
                + $"rows kept {status.RowsKept} · gaps {status.Gaps.Count} · lag {status.TotalLag?.ToString("N0", CultureInfo.InvariantCulture) ?? "unknown"}"))
            .Append("</p>");
        Table(html, ["State", ""], StatusLines.Of(status).Select(line => (string[])[line.Name, line.Value]));
        html.Append("<h2>The last 24 hours</h2>");
        if (rows.Count > 0)
        {
            Table(html, ["Hour", "Platform", .. Figures.Counted.Select(figure => figure.Heading)], rows.Select(row => (string[])
                [row.Start.ToString().Replace('T', ' '), row.Platform, .. Figures.Counted.Select(figure => Text(row[figure.Column]))]));
        }
        else
        {
            html.Append("<p>No row yet: ").Append(Encoded(status.NextClose is { } closes
                ? $"the next hour closes when the watermark reaches {Text(closes)}."
                : "no hour with events is open.")).Append("</p>");
        }

        html.Append("<h2>Partitions</h2>");
        Table(html, ["Topic", "Partition", "Owner", "Next offset", "Log end", "Lag", "Watermark"],
            status.Partitions.Select(p => (string[])
                [p.Topic, Text(p.Partition), p.Owner ?? "", Text(p.NextOffset), Text(p.LogEndOffset), Text(p.Lag), Text(p.Watermark) ?? ""]));
        return html.Append("<p>JSON: /api/v1/hourly, /api/v1/daily, /api/v1/quantile?q=0.99, /api/v1/status</p>").ToString();
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

    /// <summary>To the second, and spelled as the rows' hours are: a person compares them with each other and with a clock.</summary>
    private static string? Text(Instant? time) => time?.ToUtcDateTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A number: whole as it was counted, else with a tenth.</summary>
    private static string Text(object? value) =>
        ((IFormattable?)value)?.ToString(value is double ? "N1" : "N0", CultureInfo.InvariantCulture) ?? "";
}
