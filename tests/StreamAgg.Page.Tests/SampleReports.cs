using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Reports;

namespace StreamAgg.Page.Tests;

/// <summary>Steady traffic of some platforms up to a fixed time, one of which fails.</summary>
internal sealed class SampleReports : IReports
{
    public static readonly string[] Labels = ["anthropic", "openai", "OpenAI", ""];

    public static readonly Instant Now = Instant.FromUtc(new DateTime(2026, 3, 1, 12, 34, 56, DateTimeKind.Utc));

    private volatile bool isAway;
    private int asked;

    /// <summary>Whether PostgreSQL is.</summary>
    public bool IsAway { get => isAway; set => isAway = value; }

    /// <summary>How often somebody has asked.</summary>
    public int Asked => Volatile.Read(ref asked);

    public PipelineVitals? Process => null;

    public Task<Instant> NowAsync(CancellationToken cancellation)
    {
        Interlocked.Increment(ref asked);
        return IsAway ? throw new StoreUnavailableException("the connection was refused") : Task.FromResult(Now);
    }

    public Task<LiveRange> LiveAsync(LiveQuestion question, Instant now, CancellationToken cancellation)
    {
        var step = TimeSpan.FromHours(question.Days is null ? 1 : 24);
        var rows = new List<LiveRow>();
        for (var start = question.From; start < question.To && start <= now; start += step)
            rows.AddRange(Labels.Select((label, place) => Row(start, label, place, start + step > now)));
        return Task.FromResult(new LiveRange(rows, [.. rows.GroupBy(row => row.Row.Label).Select(Total)]));
    }

    public Task<StatusReport> StatusAsync(CancellationToken cancellation) => IsAway
        ? throw new StoreUnavailableException("the connection was refused")
        : Task.FromResult(new StatusReport
        {
            Partitions = [new PartitionLine("gateway.usage", 0, "host-1", 500, 507, Now - TimeSpan.FromMinutes(2)) { CheckpointAge = TimeSpan.FromSeconds(1) }],
            Watermark = Now - TimeSpan.FromMinutes(2),
            WatermarkAge = TimeSpan.FromMinutes(2),
            OpenHours = 1,
        });

    public IAsyncEnumerable<IReadOnlyList<PublishedRow>> RowsAsync(
        RowTable table, IReadOnlyDictionary<string, IReadOnlyCollection<string>> where, Instant from, Instant to, int limit, CancellationToken cancellation) =>
        throw new NotSupportedException("The page does not ask for it.");

    public Task<IReadOnlyList<PublishedRow>> LatestHoursAsync(Instant from, Instant to, int limit, CancellationToken cancellation) =>
        throw new NotSupportedException("The page does not ask for it.");

    public IReadOnlyList<Rollup> Rollups { get; } =
        [Rollup.ByPlatform(int.MaxValue), new("by_model", ["platform", "model"], 10), new("by_account", ["platform", "model", "account"], 10)];

    public Task<TopAnswer> TopAsync(TopQuestion question, CancellationToken cancellation)
    {
        TopRow[] rows =
        [
            .. Enumerable.Range(0, question.Where.ContainsKey("model") ? 3 : 20).Select(i => new TopRow(
                [.. question.Rollup.Dimensions.Select(dimension => question.Where.GetValueOrDefault(dimension)?.First() ?? (i == 2 ? "" : $"{dimension}-{i} <b> \"long name of it\""))],
                100_000 - (4_000 * i), 31 * i, 0.031 * i, 0.02 * i, 7_000_000 - i, 31.25m / (i + 1), i == 1 ? null : 912.5 * i, 230.5) { QuantilesMs = i == 1 ? [] : [120, 812.5] }),
        ];
        return Task.FromResult(new TopAnswer(340, 2_000_000, rows));
    }

    public Task<QuantileReport> QuantileAsync(double q, Rollup rollup, IReadOnlyDictionary<string, IReadOnlyCollection<string>> where, Instant? from, Instant? to, CancellationToken cancellation) =>
        throw new NotSupportedException("The page does not ask for it.");

    private static LiveRow Row(Instant start, string label, int place, bool isOpen)
    {
        int hour = start.Hour.SinceEpoch;
        var totals = new BucketTotals { SuccessCount = 700 + (97 * ((hour + place) % 5)), ErrorCount = label == "anthropic" && start > Now - TimeSpan.FromHours(4) ? 200 : 5 };
        totals.Error5xxCount = totals.ErrorCount;
        return Row(start, label, totals, isOpen);
    }

    private static LiveRow Row(Instant start, string label, BucketTotals totals, bool isOpen)
    {
        long[] bins = new long[Latencies.BinCount];
        bins[20] = bins[22] = totals.SuccessCount / 4;
        bins[21] = totals.SuccessCount / 2;
        return new LiveRow(
            new PublishedRow(start, label, [.. Figures.Basic.Select(figure => figure.SqlType == Figures.Time ? Now : figure.Of(new RowContents(totals, new Quantiles(1, 2, 3, 812.5))))]),
            isOpen, new Latencies(totals.SuccessCount, [300, 600, 812.5], bins));
    }

    private static LiveRow Total(IGrouping<string, LiveRow> rows)
    {
        long Sum(string column) => rows.Sum(row => row.Row.Get<long>(column));
        var totals = new BucketTotals { SuccessCount = Sum("success_count"), ErrorCount = Sum("error_count"), Error5xxCount = Sum("error_5xx_count") };
        return Row(rows.First().Row.Start, rows.Key, totals, rows.Any(row => row.IsProvisional));
    }
}
