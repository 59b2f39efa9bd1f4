using System.Runtime.CompilerServices;

namespace StreamAgg.Simulation.Store;

/// <summary>A session's open transaction: the locks it holds, the one it waits for, and how it ended.</summary>
internal sealed class Transaction(Database database, string client, int number)
{
    private Action? wake;

    public List<Cell> Locked { get; } = [];

    public Cell? WaitingFor { get; private set; }

    public bool IsOver { get; private set; }

    /// <summary>Why it was ended by somebody else; null while it runs and after a commit.</summary>
    public string? EndedBecause { get; private set; }

    public bool CommitSent { get; set; }

    /// <summary>The client is gone for the server, or the server for the client; the other side does not know yet.</summary>
    public bool IsCutOff { get; set; }

    public long LastActivityMicros { get; set; }

    /// <summary>True while a statement is on the server: then the session is not idle, however long it waits.</summary>
    public bool IsBusy { get; set; }

    public override string ToString() => $"{client}/{number}";

    public void Commit()
    {
        if (IsOver)
            return;
        IsOver = true;
        foreach (Cell cell in Locked)
            cell.Install();
        LetGo();
    }

    public void Abort(string because)
    {
        if (IsOver)
            return;
        IsOver = true;
        EndedBecause = because;
        foreach (Cell cell in Locked)
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
    public LockWait WaitFor(Cell cell)
    {
        WaitingFor = cell;
        cell.Wait(this);
        return new LockWait(this);
    }

    /// <summary>True where waiting for the cell would close a circle.</summary>
    public bool WouldDeadlock(Cell cell)
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
        foreach (Cell cell in Locked)
        {
            if (cell.Release(database.Chance) is { } next)
            {
                next.WaitingFor = null;
                next.Wake();
            }
        }
        Locked.Clear();
        database.Ended(this);
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
