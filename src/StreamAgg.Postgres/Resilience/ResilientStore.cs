using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Resilience;

/// <summary>A store that retries, bounds each try, and refuses at once during an outage: retry, around a breaker, around a time-out.</summary>
/// <remarks>
/// Only what is known not to have been written is tried again: an unknown outcome goes to the caller, who reads the fences back.
/// Everything that goes wrong for a while is a <see cref="StoreUnavailableException"/>, an open breaker too. Safe from any thread. The pipeline
/// waits and asks again by itself, for as long as it takes: what happens here only hides what is over at once.
/// </remarks>
public sealed class ResilientStore : IAggregateStore
{
    /// <summary>Tries after the first. More would hold a checkpoint back that could be taken anew with more in it.</summary>
    private const int MaxRetries = 2;

    /// <summary>Calls within a minute before the breaker judges. A member makes one in some seconds: hundreds never come together.</summary>
    private const int BreakerThroughput = 3;

    private readonly IAggregateStore inner;
    private readonly ResiliencePipeline resilience;
    private readonly ResiliencePipeline attempt;

    /// <param name="time">Delays and sampling; the machine's own outside of tests.</param>
    /// <param name="onRetry">Told of each retry with its reason, from any thread; must not throw.</param>
    /// <param name="attemptTimeout">Bounds one try; 30 s where null, longer than a statement may take: it ends what hangs between them.</param>
    /// <param name="breakDuration">How long everybody is refused at once before one call is let through to look; 2 s where null.</param>
    public ResilientStore(
        IAggregateStore inner, Backoff backoff, TimeProvider time, Action<Exception?>? onRetry = null,
        TimeSpan? attemptTimeout = null, TimeSpan? breakDuration = null)
    {
        this.inner = inner;
        resilience = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<StoreUnavailableException>().Handle<TimeoutRejectedException>(),
                MaxRetryAttempts = MaxRetries,
                DelayGenerator = retry => ValueTask.FromResult<TimeSpan?>(backoff.Delay(retry.AttemptNumber)),
                OnRetry = retry =>
                {
                    onRetry?.Invoke(retry.Outcome.Exception);
                    return default;
                },
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                // Two transactions that met say nothing about the server; a commit without an answer does.
                ShouldHandle = new PredicateBuilder()
                    .Handle<StoreUnavailableException>(unavailable => !DatabaseFaults.IsContention(unavailable.InnerException))
                    .Handle<CommitOutcomeUnknownException>()
                    .Handle<TimeoutRejectedException>(),
                FailureRatio = 0.5,
                MinimumThroughput = BreakerThroughput,
                SamplingDuration = TimeSpan.FromMinutes(1),
                BreakDuration = breakDuration ?? TimeSpan.FromSeconds(2),
            })
            .Build();
        attempt = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(new TimeoutStrategyOptions { Timeout = attemptTimeout ?? TimeSpan.FromSeconds(30) })
            .Build();
    }

    public Task<Instant> NowAsync(CancellationToken cancellation) => RunAsync(inner.NowAsync, cancellation);

    public Task<bool> IsTopicKnownAsync(string topic, CancellationToken cancellation) =>
        RunAsync(token => inner.IsTopicKnownAsync(topic, token), cancellation);

    public Task IntroduceTopicAsync(string topic, string topicId, IReadOnlyList<long> startOffsets, CancellationToken cancellation) =>
        RunAsync(token => inner.IntroduceTopicAsync(topic, topicId, startOffsets, token), cancellation);

    public Task<PartitionClaim> ClaimAsync(SourcePartition source, string owner, CancellationToken cancellation) =>
        RunAsync(token => inner.ClaimAsync(source, owner, token), cancellation);

    public Task<Fence?> AdoptTopicIdAsync(SourcePartition source, Fence fence, string topicId, Gap? gap, CancellationToken cancellation) =>
        RunAsync(token => inner.AdoptTopicIdAsync(source, fence, topicId, gap, token), cancellation);

    /// <remarks>Each of its pages has a statement's time-out; how many there are is up to the gateways' labels, and not bounded by one.</remarks>
    public Task<IReadOnlyList<PartialRow>> LoadPartialsAsync(SourcePartition source, CancellationToken cancellation) =>
        RunAsync(token => inner.LoadPartialsAsync(source, token), ResiliencePipeline.Empty, cancellation);

    public Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation) =>
        RunAsync(token => inner.CheckpointAsync(partitions, token), cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, Fence>> ReadFencesAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) =>
        RunAsync(token => inner.ReadFencesAsync(partitions, token), cancellation);

    public Task RecordGapAsync(Gap gap, CancellationToken cancellation) => RunAsync(token => inner.RecordGapAsync(gap, token), cancellation);

    public Task<DirtySnapshot<Hour>> ReadDirtyHoursAsync(
        IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) =>
        RunAsync(token => inner.ReadDirtyHoursAsync(partitions, limit, token), cancellation);

    public Task<PublishResult> PublishHoursAsync(IReadOnlyList<Publication<Hour>> hours, CancellationToken cancellation) =>
        RunAsync(token => inner.PublishHoursAsync(hours, token), cancellation);

    public Task<DirtySnapshot<Day>> ReadDirtyDaysAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) =>
        RunAsync(token => inner.ReadDirtyDaysAsync(partitions, limit, token), cancellation);

    public Task<PublishResult> PublishDaysAsync(IReadOnlyList<Publication<Day>> days, CancellationToken cancellation) =>
        RunAsync(token => inner.PublishDaysAsync(days, token), cancellation);

    private Task<bool> RunAsync(Func<CancellationToken, Task> call, CancellationToken cancellation) =>
        RunAsync(
            async token =>
            {
                await call(token);
                return true;
            },
            cancellation);

    private Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation) => RunAsync(call, attempt, cancellation);

    private async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, ResiliencePipeline each, CancellationToken cancellation)
    {
        try
        {
            return await resilience.ExecuteAsync(async token => await each.ExecuteAsync(async bounded => await call(bounded), token), cancellation);
        }
        catch (BrokenCircuitException open)
        {
            throw new StoreUnavailableException(
                $"PostgreSQL is not asked for a moment, it failed too often: {open.InnerException?.Message ?? open.Message}", open);
        }
        catch (TimeoutRejectedException slow)
        {
            // The store does not let its COMMIT be broken off, so a try that ran out of time has written nothing.
            throw new StoreUnavailableException($"PostgreSQL did not answer within {slow.Timeout.TotalSeconds:0.#} s.", slow);
        }
    }
}
