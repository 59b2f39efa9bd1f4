using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Tests.Http;

/// <summary>Answers that never change, and the last question: for what HTTP itself does.</summary>
internal sealed class FixedReports : IReports
{
    public static readonly Instant Now = Instant.FromUtc(new DateTime(2026, 3, 1, 12, 34, 56, DateTimeKind.Utc));

    public bool IsAway { get; set; }

    /// <summary>Every question waits until its asker gives up.</summary>
    public bool IsHanging { get; set; }

    /// <summary>Every question meets it.</summary>
    public Exception? Fault { get; set; }

    public Instant? From { get; private set; }

    public Instant? To { get; private set; }

    public IReadOnlyList<string> Platforms { get; private set; } = [];

    public async Task<Instant> NowAsync(CancellationToken cancellation)
    {
        if (IsHanging)
            await Task.Delay(Timeout.Infinite, cancellation);
        return Now;
    }

    public Task<IReadOnlyList<MetricRow>> HourlyAsync(IReadOnlyList<string> platforms, Instant from, Instant to, int limit, CancellationToken cancellation) =>
        RowsAsync("2026-03-01T11:00:00Z", platforms, from, to);

    public Task<IReadOnlyList<MetricRow>> DailyAsync(IReadOnlyList<string> platforms, Instant from, Instant to, int limit, CancellationToken cancellation) =>
        RowsAsync("2026-02-28", platforms, from, to);

    public Task<QuantileReport> QuantileAsync(double q, IReadOnlyList<string> platforms, Instant? from, Instant? to, CancellationToken cancellation)
    {
        Ask(platforms, from, to);
        return Task.FromResult(new QuantileReport(q, 12.5, 0.25, 3, from, to, platforms));
    }

    public async Task<StatusReport> StatusAsync(CancellationToken cancellation)
    {
        await NowAsync(cancellation);
        Ask([], null, null);
        return new StatusReport
        {
            Partitions = [new PartitionLine("gateway.usage", 0, null, 5, null, null)],
            OpenHours = 1,
            DirtyHours = 2,
            RowsKept = 3,
            Events = new EventFigures(
                [new EventTotal("accepted", "", 90, 5), new EventTotal("left_out", "too_long", 4, 0), new EventTotal("refused", "malformed_json", 10, 2)]),
        };
    }

    private Task<IReadOnlyList<MetricRow>> RowsAsync(string bucket, IReadOnlyList<string> platforms, Instant from, Instant to)
    {
        Ask(platforms, from, to);
        return Task.FromResult<IReadOnlyList<MetricRow>>(
            [new MetricRow(bucket, "<b>&", new RowFigures(4, 3, 1, 1, 0, 0, 12.25, null, 25, Now))]);
    }

    private void Ask(IReadOnlyList<string> platforms, Instant? from, Instant? to)
    {
        if (IsAway)
            throw new StoreUnavailableException("PostgreSQL is not there");
        if (Fault is not null)
            throw Fault;
        (Platforms, From, To) = (platforms, from, to);
    }
}
