using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http.Page;

/// <summary>All that the page shows of a range, of every platform; a choice of platforms is made of it afterwards.</summary>
/// <param name="Now">By the pipeline's clock.</param>
/// <param name="Rows">Of hours or days.</param>
/// <param name="Comparable">Buckets that start before it are closed, and are what <paramref name="Before"/> is compared with.</param>
/// <param name="Before">The totals of the same buckets earlier.</param>
internal sealed record PageView(PageRange Range, Instant Now, LiveRange Rows, Instant Comparable, IReadOnlyList<LiveRow> Before)
{
    /// <summary>The latencies that the page shows.</summary>
    public static readonly double[] Quantiles = [0.5, 0.9, 0.99];

    public static async Task<PageView> ReadAsync(IReports reports, PageRange range, Instant now, CancellationToken cancellation)
    {
        var days = range.HasDays ? TimeZoneInfo.Utc : null;
        var rows = await reports.LiveAsync(new LiveQuestion(range.From, range.To, [], days, Quantiles), now, cancellation);
        var running = range.HasDays ? now.Hour.Day.Start : now.Hour.Start;
        var comparable = rows.Rows.Where(row => row.IsProvisional).Select(row => row.Row.Start).Append(Instant.Min(running, range.To)).Min();
        var before = comparable <= range.From ? new LiveRange([], []) : await reports.LiveAsync(
            new LiveQuestion(range.From - range.Shift, comparable - range.Shift, [], days, Quantiles), now, cancellation);
        return new PageView(range, now, rows, comparable, before.Totals);
    }

    /// <summary>The buckets of the range that have begun, whether anything happened in them or not.</summary>
    public IReadOnlyList<Instant> Buckets()
    {
        var buckets = new List<Instant>();
        for (var start = Range.From; start < Range.To && start <= Now; start += Range.Step)
            buckets.Add(start);
        return buckets;
    }

    /// <summary>In order of their labels, those that were there before among them.</summary>
    /// <param name="chosen">None: all of them.</param>
    public IReadOnlyList<PlatformView> Platforms(IReadOnlyList<string> chosen) =>
    [
        .. Rows.Totals.Concat(Before).Select(row => row.Row.Label).Distinct().Order(StringComparer.Ordinal)
            .Where(label => chosen.Count == 0 || chosen.Contains(label))
            .Select(label => new PlatformView(
                label, Rows.Totals.FirstOrDefault(row => row.Row.Label == label), Before.FirstOrDefault(row => row.Row.Label == label),
                [.. Rows.Rows.Where(row => row.Row.Label == label)], Comparable)),
    ];
}

/// <summary>One platform of a view.</summary>
/// <param name="Total">Null where it had no traffic.</param>
/// <param name="Before">Null where it had none then.</param>
/// <param name="Rows">By time.</param>
internal sealed record PlatformView(string Label, LiveRow? Total, LiveRow? Before, IReadOnlyList<LiveRow> Rows, Instant Comparable)
{
    /// <summary>Of fewer durations p99 is little more than the largest of them.</summary>
    private const int EnoughSamples = 100;

    public long Requests => Total?.Row.Requests() ?? 0;

    public long Errors => Total?.Row.Errors() ?? 0;

    public double ErrorRate => Requests == 0 ? 0 : 100.0 * Errors / Requests;

    /// <summary>Of the closed buckets alone: what still grows is compared with nothing.</summary>
    public long ComparableRequests => Rows.Where(row => row.Row.Start < Comparable).Sum(row => row.Row.Requests());

    public double? P99 => Total?.Row["p99_latency_ms"] as double?;

    public static bool IsThin(LiveRow? row) => row is not null && Samples(row) < EnoughSamples;

    /// <summary>How many durations there are; of a row of somebody else's at most its successes.</summary>
    public static long Samples(LiveRow row) => row.Latencies?.Count ?? row.Row.Get<long>("success_count");
}

internal static class RowFigures
{
    public static long Requests(this PublishedRow row) => row.Get<long>("request_count");

    public static long Errors(this PublishedRow row) => row.Get<long>("error_count");

    public static double ErrorRate(this PublishedRow row) => row.Get<double>("error_rate");
}
