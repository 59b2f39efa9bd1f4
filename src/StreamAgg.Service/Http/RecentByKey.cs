using System.Collections.Concurrent;

namespace StreamAgg.Service.Http;

/// <summary>Answers that are each the same for all who ask the same.</summary>
internal sealed class RecentByKey<T>(TimeSpan age, TimeSpan timeout)
{
    /// <summary>Of different questions within a moment; past them all are forgotten, and the next of each is asked again.</summary>
    private const int Most = 8;

    private readonly ConcurrentDictionary<string, Recent<T>> answers = new(StringComparer.Ordinal);

    /// <param name="ask">Of the key alone: the one that came first with it is asked again and again.</param>
    public Task<T> GetAsync(string key, Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        if (answers.Count >= Most)
            answers.Clear();
        return answers.GetOrAdd(key, _ => new Recent<T>(ask, age, timeout, TimeProvider.System)).GetAsync(cancellation);
    }
}

/// <summary>An answer that takes long now and then: past a moment the last one is told instead.</summary>
internal sealed class LastKnown<T>(Recent<T> recent, TimeSpan wait)
    where T : class
{
    private volatile T? last;

    public async Task<T> GetAsync(CancellationToken cancellation)
    {
        var next = recent.GetAsync(cancellation);
        if (last is { } known && await Task.WhenAny(next, Task.Delay(wait, cancellation)) != next)
            return known;
        return last = await next;
    }
}
