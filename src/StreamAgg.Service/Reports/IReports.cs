using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Queries;

namespace StreamAgg.Service.Reports;

/// <summary>What can be asked of a pipeline's results. Every question may throw <c>StoreUnavailableException</c>.</summary>
internal interface IReports
{
    /// <summary>What the process that runs the pipeline knows of itself, whoever else is away; null where another one asks.</summary>
    PipelineVitals? Process { get; }

    Task<Instant> NowAsync(CancellationToken cancellation);

    /// <summary>Rows that start in the half-open range, of these labels or (none given) of all, by bucket and label; page by page.</summary>
    /// <exception cref="TooManyRowsException">There are more than <paramref name="limit"/>; before the first page.</exception>
    IAsyncEnumerable<IReadOnlyList<PublishedRow>> RowsAsync(
        RowTable table, IReadOnlyList<string> platforms, Instant from, Instant to, int limit, CancellationToken cancellation);

    /// <summary>Hours that start in the half-open range, the newest first; at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<PublishedRow>> LatestHoursAsync(Instant from, Instant to, int limit, CancellationToken cancellation);

    /// <summary>Rows up to now, open hours among them.</summary>
    /// <param name="now">As <see cref="NowAsync"/> told it.</param>
    Task<LiveRange> LiveAsync(LiveQuestion question, Instant now, CancellationToken cancellation);

    Task<QuantileReport> QuantileAsync(double q, IReadOnlyList<string> platforms, Instant? from, Instant? to, CancellationToken cancellation);

    Task<StatusReport> StatusAsync(CancellationToken cancellation);
}

/// <summary>A range holds more rows than are given at a time.</summary>
internal sealed class TooManyRowsException(int limit)
    : Exception($"the range holds more than {limit} rows: ask for less at a time, or for fewer platforms.");
