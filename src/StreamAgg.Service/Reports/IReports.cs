using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Queries;

namespace StreamAgg.Service.Reports;

/// <summary>What can be asked of a pipeline's results. Every question may throw <c>StoreUnavailableException</c>.</summary>
internal interface IReports
{
    /// <summary>What the process that runs the pipeline knows of itself, whoever else is away; null where another one asks.</summary>
    PipelineVitals? Process { get; }

    /// <summary>What is counted by; that by platform is the first.</summary>
    IReadOnlyList<Rollup> Rollups => [Rollup.ByPlatform(int.MaxValue)];

    Task<Instant> NowAsync(CancellationToken cancellation);

    /// <summary>Rows that start in the half-open range, by their key, page by page.</summary>
    /// <param name="where">The values that are wanted of dimensions; of one that is not named any.</param>
    /// <exception cref="TooManyRowsException">There are more than <paramref name="limit"/>; before the first page.</exception>
    IAsyncEnumerable<IReadOnlyList<PublishedRow>> RowsAsync(
        RowTable table, IReadOnlyDictionary<string, IReadOnlyCollection<string>> where, Instant from, Instant to, int limit,
        CancellationToken cancellation);

    /// <summary>Hours that start in the half-open range, the newest first; at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<PublishedRow>> LatestHoursAsync(Instant from, Instant to, int limit, CancellationToken cancellation);

    /// <summary>Rows up to now, open hours among them.</summary>
    /// <param name="now">As <see cref="NowAsync"/> told it.</param>
    Task<LiveRange> LiveAsync(LiveQuestion question, Instant now, CancellationToken cancellation);

    /// <summary>The keys of a rollup that come first, of closed hours.</summary>
    Task<TopAnswer> TopAsync(TopQuestion question, CancellationToken cancellation);

    /// <param name="q">0 to 1.</param>
    /// <param name="rollup">Whose digests.</param>
    /// <param name="where">The values that are wanted of its dimensions; of one that is not named any.</param>
    Task<QuantileReport> QuantileAsync(
        double q, Rollup rollup, IReadOnlyDictionary<string, IReadOnlyCollection<string>> where, Instant? from, Instant? to,
        CancellationToken cancellation);

    Task<StatusReport> StatusAsync(CancellationToken cancellation);
}

/// <summary>A range holds more rows than are given at a time.</summary>
internal sealed class TooManyRowsException(int limit)
    : Exception($"the range holds more than {limit} rows: ask for less at a time, or for fewer platforms.");
