using System.Runtime.CompilerServices;
using StreamAgg.Simulation.Time;

namespace StreamAgg.Simulation.Store;

/// <summary>A session's open transaction: the locks it holds, the one it waits for, and how it ended.</summary>
internal sealed class Transaction(Database database, SimProcess client, int number)
{
    private static readonly List<Versioned> NoLocks = [];

    private Action? wake;
    private List<Versioned> locked = NoLocks;

    public SimProcess Client { get; } = client;

    public Versioned? WaitingFor { get; private set; }

    public bool IsOver { get; private set; }

    /// <summary>Why it was ended by somebody else; null while it runs and after a commit.</summary>
    public string? EndedBecause { get; private set; }

    public bool CommitSent { get; set; }

    public long LastActivityMicros { get; set; }

    /// <summary>True while a statement is on the server: then the session is not idle, however long it waits.</summary>
    public bool IsBusy { get; set; }

    public override string ToString() => $"{Client.Name}/{number}";

    public void Holds(Versioned cell)
    {
        if (locked == NoLocks)
            locked = database.SpareLocks();
        locked.Add(cell);
    }

    public void Commit()
    {
        if (IsOver)
            return;
        IsOver = true;
        foreach (Versioned cell in locked)
            cell.Install();
        LetGo();
    }

    public void Abort(string because)
    {
        if (IsOver)
            return;
        IsOver = true;
        EndedBecause = because;
        foreach (Versioned cell in locked)
            cell.Discard();
        if (WaitingFor is { } cell2)
        {
            cell2.StopWaiting(this);
            WaitingFor = null;
            Wake();
        }
        LetGo();
    }

    /// <summary>Waits until the lock is handed over, or the transaction is ended: look at <see cref="IsOver"/> afterwards.</summary>
    public LockWait WaitFor(Versioned cell)
    {
        WaitingFor = cell;
        cell.Wait(this);
        return new LockWait(this);
    }

    /// <summary>True where waiting for the cell would close a circle.</summary>
    public bool WouldDeadlock(Versioned cell)
    {
        for (Transaction? at = cell.Holder; at is not null; at = at.WaitingFor?.Holder)
        {
            if (at == this)
                return true;
        }
        return false;
    }

    private void LetGo()
    {
        foreach (Versioned cell in locked)
        {
            if (cell.Release(database.Chance) is { } next)
            {
                next.WaitingFor = null;
                next.Wake();
            }
        }
        List<Versioned> spare = locked;
        locked = NoLocks;
        database.Ended(this, spare == NoLocks ? null : spare);
    }

    private void Wake()
    {
        Action? continuation = wake;
        wake = null;
        if (continuation is not null)
            database.Scheduler.After(null, database.Chance.Between(0, 300), continuation);
    }

    internal readonly struct LockWait(Transaction transaction) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public LockWait GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => transaction.wake = continuation;

        public void UnsafeOnCompleted(Action continuation) => transaction.wake = continuation;
    }
}
