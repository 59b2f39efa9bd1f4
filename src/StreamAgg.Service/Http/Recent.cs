using StreamAgg.Pipeline.Store;

namespace StreamAgg.Service.Http;

/// <summary>An answer that is the same for everybody, kept for a moment and asked for once at a time, however many wait for it.</summary>
/// <param name="ask">The question; what it throws is everybody's answer too, and is not kept.</param>
/// <param name="timeout">How long one is waited for: a server that hangs is else found out later than browsers, probes and dashboards wait.</param>
internal sealed class Recent<T>(Func<CancellationToken, Task<T>> ask, TimeSpan age, TimeSpan timeout, TimeProvider clock)
{
    private readonly Lock gate = new();
    private Task<T>? answer;
    private long answeredAt;

    /// <param name="cancellation">Ends this wait; the question goes on for the others.</param>
    /// <exception cref="StoreUnavailableException">No answer in time.</exception>
    public Task<T> GetAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            if (answer is null or { IsFaulted: true } or { IsCanceled: true }
                || (answer.IsCompleted && clock.GetElapsedTime(Volatile.Read(ref answeredAt)) >= age))
                answer = AskAsync();
            return answer.WaitAsync(cancellation);
        }
    }

    private async Task<T> AskAsync()
    {
        // Nothing of the question runs under the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var bound = new CancellationTokenSource(timeout, clock);
        try
        {
            var result = await ask(bound.Token);
            Volatile.Write(ref answeredAt, clock.GetTimestamp());
            return result;
        }
        catch (OperationCanceledException) when (bound.IsCancellationRequested)
        {
            throw new StoreUnavailableException(Limits.NoAnswer(timeout));
        }
    }
}
