using StreamAgg.Pipeline.Store;

namespace StreamAgg.Service.Recounts;

/// <summary>
/// Makes a change again where the store was away, or nobody knows what became of it: each of these changes is the same when it is
/// made twice.
/// </summary>
internal static class StoreAttempts
{
    private const int Most = 10;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    /// <exception cref="StoreUnavailableException">It was away each time.</exception>
    public static async Task<T> MakeAsync<T>(Func<Task<T>> change, TimeProvider clock, CancellationToken stop)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await change();
            }
            catch (Exception fault) when (fault is StoreUnavailableException or CommitOutcomeUnknownException && attempt < Most)
            {
                await Task.Delay(Between, clock, stop);
            }
        }
    }
}
