using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;

namespace StreamAgg.Service.Http.Page;

/// <summary>What a person would say who has looked at everything: which platform stands out, and by what.</summary>
/// <param name="Of">The label it is about; null where it is about all.</param>
/// <param name="Level">How bad it is: <c>bad</c>, <c>warn</c> or <c>ok</c>, a class of the style sheet.</param>
internal sealed record Judgement(string? Of, string Level, Html Text)
{
    public const string Bad = "bad", Warn = "warn", Ok = "ok";

    /// <summary>Of fewer requests a rate says nothing.</summary>
    private const int EnoughRequests = 20;

    /// <summary>Fewer errors than this come and go.</summary>
    private const int EnoughErrors = 10;

    /// <summary>An error rate in percent that is told of whatever it was before.</summary>
    private const double HighRate = 5;

    /// <summary>So many times what it was before stands out.</summary>
    private const double Rise = 3, Slower = 2;

    /// <summary>Worst first, and what holds of all others at the end.</summary>
    public static IReadOnlyList<Judgement> All(PageView view, IReadOnlyList<PlatformView> platforms)
    {
        if (!platforms.Any(platform => platform.Requests > 0))
            return [new(null, Warn, Html.Of($"No traffic in this range{Then(view, platforms)}."))];
        Judgement[] found =
            [.. platforms.Select(platform => Judge(view, platform)).OfType<Judgement>().OrderBy(verdict => verdict.Level == Bad ? 0 : 1)];
        bool isCompared = platforms.Any(platform => platform.Before is not null);
        string rest = found.Length == 0
            ? isCompared ? $"All as {view.Range.Before}" : "No platform stands out; there is nothing earlier to compare with"
            : found.Length == platforms.Count ? "" : isCompared ? $"All else as {view.Range.Before}" : "No other platform stands out";
        return rest.Length == 0 ? found : [.. found, new(null, Ok, Html.Of($"{rest}."))];
    }

    private static Judgement? Judge(PageView view, PlatformView platform) =>
        Silence(view, platform) ?? Failing(view, platform) ?? Slow(view, platform) ?? Fewer(view, platform);

    /// <summary>It had traffic a while ago, and has none in the last closed bucket and since.</summary>
    private static Judgement? Silence(PageView view, PlatformView platform)
    {
        var last = view.Buckets().LastOrDefault(start => start < view.Comparable);
        if (platform.Before is null || platform.Before.Row.Requests() < EnoughRequests || platform.Rows.Any(row => row.Row.Start >= last))
            return null;
        return new(platform.Label, Bad, platform.Rows.Count == 0
            ? Html.Of($"no traffic in this range, {Readable.Count(platform.Before.Row.Requests())} requests {view.Range.Before}")
            : Html.Of($"no traffic since {Start(view, platform.Rows[^1].Row.Start + view.Range.Step)}"));
    }

    private static Judgement? Failing(PageView view, PlatformView platform)
    {
        double usual = platform.Before?.Row.ErrorRate() ?? 0, high = Math.Max(HighRate, Rise * usual);
        // The newest bucket with enough requests decides; from there back to where it began.
        var newest = platform.Rows.Reverse().SkipWhile(row => row.Row.Requests() < EnoughRequests).ToList();
        var failing = newest.TakeWhile(row => row.Row.ErrorRate() >= high).ToList();
        if (failing.Sum(row => row.Row.Errors()) < EnoughErrors)
        {
            // What is over is still what explains the day.
            var over = newest.SkipWhile(row => row.Row.ErrorRate() < high).TakeWhile(row => row.Row.ErrorRate() >= high).ToList();
            return over.Sum(row => row.Row.Errors()) < EnoughErrors
                ? null
                : new(platform.Label, Warn, Html.Of(
                    $"{Rate(over)} errors from {Start(view, over[^1].Row.Start)} to {Start(view, over[0].Row.Start + view.Range.Step)}, {Rate(newest[..1])} now"));
        }

        long errors = failing.Sum(row => row.Row.Errors());
        var since = failing.Count == platform.Rows.Count ? Html.Of($"in all of this range") : Html.Of($"since {Start(view, failing[^1].Row.Start)}");
        return new(platform.Label, Bad, Html.Of($"{Rate(failing)} errors {since}, mostly {Mostly(failing, errors)}"));
    }

    private static string Rate(List<LiveRow> rows) =>
        Readable.Percent(100.0 * rows.Sum(row => row.Row.Errors()) / rows.Sum(row => row.Row.Requests()));

    private static Judgement? Slow(PageView view, PlatformView platform) =>
        platform is { P99: { } p99, Before.Row: { } before } && before["p99_latency_ms"] is double was && p99 >= Slower * was
            && !PlatformView.IsThin(platform.Total) && !PlatformView.IsThin(platform.Before)
            ? new(platform.Label, Warn, Html.Of($"p99 {Readable.Milliseconds(p99)}, {Readable.Milliseconds(was)} {view.Range.Before}"))
            : null;

    private static Judgement? Fewer(PageView view, PlatformView platform) =>
        platform.Before?.Row.Requests() is { } was && was >= EnoughRequests && platform.ComparableRequests * 2 < was
            ? new(platform.Label, Warn, Html.Of($"{Readable.Change(platform.ComparableRequests, was)} requests against {view.Range.Before}"))
            : null;

    private static string Mostly(List<LiveRow> rows, long errors)
    {
        long Sum(string column) => rows.Sum(row => row.Row.Get<long>(column));
        (long Count, string Name)[] kinds =
        [
            (Sum("timeout_count"), "timeouts"), (Sum("error_5xx_count"), "5xx"), (Sum("error_4xx_count"), "4xx"),
            (errors - Sum("error_5xx_count") - Sum("error_4xx_count"), "without a status"),
        ];
        return kinds.FirstOrDefault(kind => kind.Count * 2 > errors, (0, "of several kinds")).Name;
    }

    private static Html Start(PageView view, Instant start) => Readable.Time(start, view.Range.HasDays ? "day" : "minute");

    private static string Then(PageView view, IReadOnlyList<PlatformView> platforms) =>
        platforms.Sum(platform => platform.Before?.Row.Requests() ?? 0) is > 0 and var before
            ? $", {Readable.Count(before)} requests {view.Range.Before}"
            : "";
}
