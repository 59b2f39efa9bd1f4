using System.Runtime.CompilerServices;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Store;

/// <summary>
/// One member's connections to the <see cref="Database"/>. Each statement of the store protocol is a step of its own: it travels, may wait
/// for locks, is evaluated on what is committed then, and its answer travels back to a process that may be frozen or dead.
/// </summary>
internal sealed partial class SimStore : IAggregateStore
{
    /// <summary>As the protocol asks of a session: a client that holds locks and says nothing is cut off.</summary>
    private const long IdleInTransactionMicros = 5_000_000;

    private const long LockTimeoutMicros = 10_000_000;

    private const long AnswerTimeoutMicros = 20_000_000;

    private readonly Database database;
    private readonly Scheduler scheduler;
    private readonly SimProcess process;
    private readonly Prng chance;
    private readonly Trace? trace;
    private readonly IReadOnlyList<Rollup> rollups;

    /// <param name="rollups">The configured ones.</param>
    public SimStore(Database database, SimProcess process, Trace? trace, IReadOnlyList<Rollup> rollups)
    {
        this.rollups = rollups;
        this.database = database;
        this.process = process;
        this.trace = trace;
        scheduler = database.Scheduler;
        chance = database.Chance;
        process.FellSilent.Add(WatchIdleSessions);
    }

    private StoreRules Rules => database.Rules;

    private StoreWeather Weather => database.Weather;

    private bool IsTraced => trace is { IsOn: true };

    public async Task<Instant> NowAsync(CancellationToken cancellation)
    {
        Transaction read = Open(cancellation);
        await ArriveAsync(read, writes: false);
        Instant now = database.Clock.Now;
        await FinishReadAsync(read);
        return now;
    }

    /// <summary>A frozen client's sessions sit idle until the server ends them; a dead one's until the server notices.</summary>
    private void WatchIdleSessions()
    {
        foreach (Transaction session in database.Open.ToArray())
        {
            if (session.Client != process)
                continue;
            if (process.IsDead)
                scheduler.After(null, chance.Between(0, IdleInTransactionMicros), () => EndUnlessCommitting(session, "the client died"));
            else
                EndWhenIdle(session);
        }
    }

    private void EndWhenIdle(Transaction session)
    {
        if (session.IsOver || !process.IsFrozen)
            return;
        long idle = scheduler.NowMicros - session.LastActivityMicros;
        if (!session.IsBusy && idle >= IdleInTransactionMicros)
        {
            database.Happenings.Count(Happening.IdleSessionEnded);
            EndUnlessCommitting(session, "idle in transaction");
            return;
        }
        scheduler.After(null, session.IsBusy ? IdleInTransactionMicros : IdleInTransactionMicros - idle, () => EndWhenIdle(session));
    }

    private static void EndUnlessCommitting(Transaction session, string because)
    {
        if (!session.CommitSent)
            session.Abort(because);
    }

    private Transaction Open(CancellationToken cancellation, [CallerMemberName] string what = "")
    {
        cancellation.ThrowIfCancellationRequested();
        Transaction session = database.Begin(process);
        if (IsTraced)
            trace!.Write(process.Name, $"  tx {session}: {what}");
        return session;
    }

    private long Latency()
    {
        long latency = chance.Skewed(Weather.LatencyLowMicros, Weather.LatencyHighMicros);
        if (chance.Chance(Weather.PauseChance))
            return chance.Between(500_000, 15_000_000);
        return chance.Chance(Weather.SlowChance) ? latency * chance.Between(2, 100) : latency;
    }

    /// <summary>The statement travels to the server; returns where it is to be evaluated, or throws as the client would see it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ArriveAsync(Transaction session, bool writes)
    {
        session.IsBusy = true;
        await scheduler.Delay(null, Latency());
        while (Weather.IsStalled && !session.IsOver)
        {
            database.Happenings.Count(Happening.DatabaseStalls);
            await scheduler.Delay(null, chance.Between(100_000, 1_000_000));
        }

        if (Refusal(session, writes) is not { } because)
            return;
        await scheduler.Delay(process, Latency());
        throw Unavailable(session, because);
    }

    /// <returns>Why the statement is not evaluated; null where it is.</returns>
    private string? Refusal(Transaction session, bool writes)
    {
        if (session.IsOver)
            return session.EndedBecause ?? "the session is over";
        if (Weather.IsRefusing)
            return Refuse(session, "the server refuses connections", Happening.DatabaseRefuses);
        if (writes && Weather.IsReadOnly)
            return Refuse(session, "read-only", Happening.DatabaseReadOnly);
        if (chance.Chance(Weather.RefuseChance))
            return Refuse(session, "too many connections", Happening.StatementRefused);
        if (!chance.Chance(Weather.LoseConnectionChance))
            return null;
        database.Happenings.Count(Happening.ConnectionLost);
        // The client knows at once; the server may hold the locks a while before it notices.
        scheduler.After(null, chance.Chance(0.5) ? 0 : chance.Between(0, IdleInTransactionMicros), () => session.Abort("connection lost"));
        return "connection lost";
    }

    private string Refuse(Transaction session, string because, Happening happening)
    {
        database.Happenings.Count(happening);
        session.Abort(because);
        return because;
    }

    private StoreUnavailableException Unavailable(Transaction session, string because)
    {
        if (IsTraced)
            trace!.Write(process.Name, $"  tx {session}: {because}");
        return new StoreUnavailableException(because);
    }

    /// <summary>The error travels back to the client.</summary>
    private async ValueTask<Exception> BackWithAsync(Transaction session, string because)
    {
        await scheduler.Delay(process, Latency());
        return Unavailable(session, because);
    }

    /// <summary>The answer travels back: from here on the client runs again.</summary>
    private Scheduler.Hop AnswerAsync(Transaction session)
    {
        session.IsBusy = false;
        session.LastActivityMicros = scheduler.NowMicros;
        if (process.IsFrozen)
            EndWhenIdle(session);
        return scheduler.Delay(process, Latency());
    }

    private Scheduler.Hop FinishReadAsync(Transaction session)
    {
        session.Commit();
        return scheduler.Delay(process, Latency());
    }

    private ValueTask LockAsync(Versioned cell, Transaction session) => cell.TryLock(session) ? default : WaitForLockAsync(cell, session);

    private async ValueTask WaitForLockAsync(Versioned cell, Transaction session)
    {
        database.Happenings.Count(Happening.LockWait);
        if (IsTraced)
            trace!.Write("database", $"tx {session} waits for a row of {cell} held by {cell.Holder}");
        if (session.WouldDeadlock(cell))
        {
            database.Witness?.Deadlocked($"{session} waits for a row of {cell} held by {cell.Holder}");
            session.Abort("deadlock detected");
            throw await BackWithAsync(session, "deadlock detected");
        }

        bool isWaiting = true;
        scheduler.After(null, LockTimeoutMicros, () =>
        {
            if (isWaiting && session.WaitingFor == cell)
            {
                database.Happenings.Count(Happening.LockTimeout);
                session.Abort("lock timeout");
            }
        });
        await session.WaitFor(cell);
        isWaiting = false;
        if (session.IsOver)
            throw await BackWithAsync(session, session.EndedBecause!);
    }

    /// <summary>COMMIT: done at the server, then answered; or its answer is lost, and it was done, was not, or will be.</summary>
    /// <param name="session">Open.</param>
    /// <param name="visible">Runs in the instant of the commit.</param>
    /// <param name="becoming">Runs just before it.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask CommitAsync(Transaction session, Action? visible = null, Action? becoming = null)
    {
        session.IsBusy = true;
        session.CommitSent = true;
        await scheduler.Delay(null, Latency());
        while (Weather.IsStalled && !session.IsOver)
            await scheduler.Delay(null, chance.Between(100_000, 1_000_000));
        if (session.IsOver)
            throw await UnknownAsync(session, "the server went down during COMMIT");
        await CommitNowAsync(session, visible, becoming);
    }

    /// <summary>The server's part of a COMMIT, or of a statement that commits itself.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask CommitNowAsync(Transaction session, Action? visible, Action? becoming)
    {
        session.CommitSent = true;
        if (!chance.Chance(Weather.LoseCommitChance))
        {
            Install(session, visible, becoming);
            await scheduler.Delay(process, Latency());
            return;
        }

        switch (chance.Below(3))
        {
            case 0:
                database.Happenings.Count(Happening.CommitLostButDone);
                Install(session, visible, becoming);
                break;
            case 1:
                database.Happenings.Count(Happening.CommitLostAndUndone);
                scheduler.After(null, chance.Chance(0.5) ? 0 : chance.Between(0, IdleInTransactionMicros), () => session.Abort("never arrived"));
                break;
            default:
                database.Happenings.Count(Happening.CommitLostAndLate);
                scheduler.After(null, chance.Between(0, 2 * IdleInTransactionMicros), () => Install(session, visible, becoming));
                break;
        }
        throw await UnknownAsync(session, "connection lost during COMMIT");
    }

    private static void Install(Transaction session, Action? visible, Action? becoming)
    {
        if (session.IsOver)
            return;
        becoming?.Invoke();
        session.Commit();
        visible?.Invoke();
    }

    private async ValueTask<Exception> UnknownAsync(Transaction session, string because)
    {
        // A client waits for an answer that never comes until its own time-out.
        await scheduler.Delay(process, Math.Min(Latency() * chance.Between(1, 20), AnswerTimeoutMicros));
        if (IsTraced)
            trace!.Write(process.Name, $"  tx {session}: {because}");
        return new CommitOutcomeUnknownException(because);
    }
}
