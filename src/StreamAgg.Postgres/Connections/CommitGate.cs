namespace StreamAgg.Postgres.Connections;

/// <summary>Decides between a caller that gives up and a transaction that commits: one of the two, once.</summary>
/// <remarks>
/// No statement is broken off. The driver would ask the server to cancel, on another connection, and wait for it on the thread that
/// cancels: with a server that hangs, the very case, that blocks for as long as it hangs. So a caller that gives up is let go at
/// once, and its transaction, which can't commit any more, ends by itself: at its next statement, or by its time-out.
/// </remarks>
internal sealed class CommitGate
{
    private const int Working = 0, Committing = 1, Abandoned = 2;

    private int state;

    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public void ThrowIfAbandoned()
    {
        if (Volatile.Read(ref state) == Abandoned)
            throw new OperationCanceledException("The caller has given up.");
    }

    /// <summary>From here on the caller waits for the outcome, whatever it wants.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public void Enter()
    {
        Interlocked.CompareExchange(ref state, Committing, Working);
        ThrowIfAbandoned();
    }

    /// <summary>Waits for the transaction; gives up when told to, unless it is committing.</summary>
    /// <exception cref="OperationCanceledException">Given up: it does not commit any more.</exception>
    public async Task<T> WaitAsync<T>(Task<T> transaction, CancellationToken cancellation)
    {
        try
        {
            return await transaction.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // Asked of the gate, not of the task: a COMMIT that was sent may have been answered in this very moment.
            if (Interlocked.CompareExchange(ref state, Abandoned, Working) == Working)
            {
                // Nobody is left to hear of its end.
                _ = transaction.ContinueWith(
                    static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                throw;
            }
        }
        return await transaction;
    }
}
