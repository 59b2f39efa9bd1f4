using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Run;

/// <summary>Waits for a server at start: it may be starting too. Once running, the pipeline waits for as long as it takes.</summary>
internal sealed class ServerWait(TimeProvider clock, ILogger logger, Action<string> tell)
{
    /// <summary>Long enough for a database that restarts, short enough for whoever made a mistake in an address.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <exception cref="CommandFaultException">No answer within <see cref="Limit"/>.</exception>
    /// <exception cref="StoreUnavailableException">PostgreSQL refuses the login, or its certificate is refused.</exception>
    public async Task<T> AskAsync<T>(string what, string remedy, Func<CancellationToken, Task<T>> question, CancellationToken stop)
    {
        long startedAt = clock.GetTimestamp();
        using var deadline = new CancellationTokenSource(Limit, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
        string reason = "no answer.";
        bool isSaid = false;
        while (true)
        {
            try
            {
                return await question(ending.Token);
            }
            // A login or a certificate that is refused is an answer, and no better one comes of waiting: it goes to the caller at once.
            catch (Exception fault) when (fault is StoreUnavailableException or LogUnavailableException or CommitOutcomeUnknownException
                && !DatabaseFaults.IsRefusedLogin(fault.InnerException) && !DatabaseFaults.IsRefusedCertificate(fault.InnerException))
            {
                reason = OneLine.Of(fault);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // The deadline came in the middle of a question; the reason is the last answer's.
            }

            stop.ThrowIfCancellationRequested();
            if (clock.GetElapsedTime(startedAt) + Pause >= Limit)
                throw CommandFaultException.Dependency($"{what} did not answer for {Limit.TotalSeconds:0} s: {reason} {remedy}");
            tell($"{what} does not answer: {reason}");
            if (!isSaid)
                logger.Waiting(what, Limit.TotalSeconds, reason);
            isSaid = true;
            await Task.Delay(Pause, clock, stop);
        }
    }
}
