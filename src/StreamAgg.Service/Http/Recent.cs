using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http;

/// <summary>Reports for somebody who waits: a question that takes longer than <paramref name="patience"/> is answered as one that PostgreSQL did not answer.</summary>
/// <remarks>A server that hangs is only found out when a statement's own time is over, and the next connection is tried after that one: far longer
/// than browsers, probes and dashboards wait, which then report a fault of ours.</remarks>
internal sealed class PromptReports(IReports reports, TimeSpan patience) : IReports
{
    public Task<Instant> NowAsync(CancellationToken cancellation) => WithinAsync(reports.NowAsync, cancellation);

    public Task<IReadOnlyList<MetricRow>> HourlyAsync(IReadOnlyList<string> platforms, Instant from, Instant to, int limit, CancellationToken cancellation) =>
        WithinAsync(token => reports.HourlyAsync(platforms, from, to, limit, token), cancellation);

    public Task<IReadOnlyList<MetricRow>> DailyAsync(IReadOnlyList<string> platforms, Instant from, Instant to, int limit, CancellationToken cancellation) =>
        WithinAsync(token => reports.DailyAsync(platforms, from, to, limit, token), cancellation);

    public Task<QuantileReport> QuantileAsync(double q, IReadOnlyList<string> platforms, Instant? from, Instant? to, CancellationToken cancellation) =>
        WithinAsync(token => reports.QuantileAsync(q, platforms, from, to, token), cancellation);

    public Task<StatusReport> StatusAsync(CancellationToken cancellation) => WithinAsync(reports.StatusAsync, cancellation);

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bound.CancelAfter(patience);
        try
        {
            return await ask(bound.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new StoreUnavailableException($"No answer within {patience.TotalSeconds} s: PostgreSQL hangs or is busy, or the range asked for is too long.");
        }
    }
}
