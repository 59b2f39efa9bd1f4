using System.Buffers;
using System.Globalization;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Http;

/// <summary>Rows and quantiles up to now, open hours among them. Bounded, and asked for once in a moment however many look.</summary>
internal static class LiveEndpoints
{
    private const string ByHour = "hour", ByDay = "day";

    private static readonly TimeSpan Age = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(31), LongestOfDays = TimeSpan.FromDays(92);

    public static void Map(IEndpointRouteBuilder app, Stage stage, TimeSpan timeout)
    {
        var answers = new RecentByKey<LiveRange>(Age, timeout);
        app.MapMethods("/api/v1/live", ReadMethods.GetAndHead, async context =>
        {
            var query = new QueryParameters(context.Request.Query, "platform", "from", "to", "by", "format");
            string format = query.OneOf("format", ["json", "csv"], "");
            var (table, range) = await AskAsync(query, [], context);
            var output = new ArrayBufferWriter<byte>();
            bool isCsv = format == "csv" || (format.Length == 0 && RowBody.PrefersCsv(context.Request));
            using var body = RowBody.Of(isCsv, table, output, isLive: true);
            body.Begin();
            foreach (var row in range.Rows)
                body.Write(row.Row, row.IsProvisional);
            body.End();
            context.Response.Headers.Vary = "Accept";
            await Body.WriteTaggedAsync(context, body.ContentType, output.WrittenMemory);
        }).Limit(Limits.Quantiles);
        app.MapMethods("/api/v1/quantiles", ReadMethods.GetAndHead, async context =>
        {
            var query = new QueryParameters(context.Request.Query, "q", "platform", "from", "to", "by");
            var quantiles = query.Quantiles();
            var (table, range) = await AskAsync(query, quantiles, context);
            await Body.WriteTaggedAsync(context, "application/json", JsonText.Encode(json =>
            {
                json.WriteStartArray();
                foreach (var row in range.Rows)
                {
                    json.WriteStartObject();
                    json.WriteString(table.BucketColumn, table.BucketOf(row.Row));
                    json.WriteString("platform", row.Row.Label);
                    json.WriteBoolean("provisional", row.IsProvisional);
                    json.WriteNumber("count", row.Latencies?.Count ?? 0);
                    json.WriteStartObject("quantiles");
                    foreach (var (place, q) in quantiles.Index())
                        json.WriteOrNull(q.ToString(CultureInfo.InvariantCulture), row.Latencies?.QuantilesMs[place]);
                    json.WriteEndObject();
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }));
        }).Limit(Limits.Quantiles);

        async Task<(RowTable Table, LiveRange Range)> AskAsync(QueryParameters query, IReadOnlyList<double> quantiles, HttpContext context)
        {
            bool isDaily = query.OneOf("by", [ByHour, ByDay], ByHour) == ByDay;
            var platforms = query.Platforms();
            var (from, to) = await query.RangeAsync(
                () => stage.Reports.NowAsync(context.RequestAborted), TimeSpan.FromDays(isDaily ? 30 : 1),
                isDaily ? LongestOfDays : Longest, TimeForms.Dates);
            // From a whole hour or day to a whole hour: up to now is the same question for an hour.
            var first = isDaily ? Day.FirstFrom(from).Start : Hour.FirstFrom(from).Start;
            var question = new LiveQuestion(first, Hour.FirstFrom(to).Start, platforms, isDaily ? TimeZoneInfo.Utc : null, quantiles);
            string key = $"{context.Request.Path}{context.Request.QueryString} {question.From} {question.To}";
            return (isDaily ? RowTable.Daily : RowTable.Hourly, await answers.GetAsync(
                key, async token => await stage.Reports.LiveAsync(question, await stage.Reports.NowAsync(token), token), context.RequestAborted));
        }
    }
}
