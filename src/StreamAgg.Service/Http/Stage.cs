using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http;

/// <summary>What there is to serve: HTTP answers from the first second on, and until the pipeline is there it says what that waits for.</summary>
/// <remarks>Set by whoever starts and stops the pipeline, asked from any thread; never waits.</remarks>
internal sealed class Stage
{
    private volatile Play play = new(null, () => true, () => false, "the service is starting");

    /// <summary>Why the process is to be restarted; null where it is not. Never Kafka's or PostgreSQL's outage: that must restart nobody.</summary>
    public string? NotLive => play.IsLive() ? null : "the poll loop stands still";

    /// <summary>Why this process does not take part; null where the schema fits and the group is joined.</summary>
    public string? NotReady => play.IsReady() ? null : play.Reason;

    /// <exception cref="NotServingException">Not yet, or not any more.</exception>
    public IReports Reports => play is { Reports: { } reports } ? reports : throw new NotServingException(play.Reason);

    public void Await(string reason) => play = new Play(null, () => true, () => false, reason);

    public void Open(IReports reports, Func<bool> isLive, Func<bool> isReady) =>
        play = new Play(reports, isLive, isReady, "the consumer group is not joined");

    /// <summary>The end has begun: the poll loops are still watched.</summary>
    public void Close() => play = new Play(null, play.IsLive, () => false, "the service is stopping");

    private sealed record Play(IReports? Reports, Func<bool> IsLive, Func<bool> IsReady, string Reason);
}

/// <summary>There is no pipeline to ask: answered by 503.</summary>
internal sealed class NotServingException(string reason) : Exception(reason);
