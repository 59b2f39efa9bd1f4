using StreamAgg.Core.Time;

namespace StreamAgg.Service.Reports;

/// <summary>What can be asked of a pipeline's results. Every method may throw <c>StoreUnavailableException</c>.</summary>
internal interface IReports
{
    Task<Instant> NowAsync(CancellationToken cancellation);

    /// <summary>Hours that start in the half-open range, of these labels or (none given) of all, by hour and label; at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<MetricRow>> HourlyAsync(IReadOnlyList<string> platforms, Instant from, Instant to, int limit, CancellationToken cancellation);

    /// <summary>Days that start in the half-open range; the rest as for hours.</summary>
    Task<IReadOnlyList<MetricRow>> DailyAsync(IReadOnlyList<string> platforms, Instant from, Instant to, int limit, CancellationToken cancellation);

    Task<QuantileReport> QuantileAsync(double q, IReadOnlyList<string> platforms, Instant? from, Instant? to, CancellationToken cancellation);

    Task<StatusReport> StatusAsync(CancellationToken cancellation);
}
