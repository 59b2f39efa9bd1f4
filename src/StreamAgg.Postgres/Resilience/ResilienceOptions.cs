namespace StreamAgg.Postgres.Resilience;

/// <summary>How hard the store is asked again before the pipeline is told.</summary>
/// <remarks>The pipeline waits and asks again by itself, for as long as it takes: what happens here only hides what is over at once.</remarks>
public sealed class ResilienceOptions
{
    /// <summary>Tries after the first. More would hold a checkpoint back that could be taken anew with more in it.</summary>
    /// <value>1 to 10, default 2.</value>
    public int MaxRetries { get; init; } = 2;

    /// <summary>Before the first retry; doubled for each further one, with jitter, so that members do not come back together.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Bounds one try. Longer than one statement may take (20 s), so that it ends only what hangs between statements.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Calls within <see cref="SamplingDuration"/> before the breaker judges. A member makes one call in some seconds: hundreds would never come together.</summary>
    public int BreakerThroughput { get; init; } = 3;

    public TimeSpan SamplingDuration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long everybody is refused at once before one call is let through to look.</summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(2);
}
