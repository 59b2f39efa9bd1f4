using StreamAgg.Simulation.Chance;

namespace StreamAgg.Simulation.Store;

/// <summary>A row's place: its committed version, the uncommitted one of whoever holds its lock, and who waits for it.</summary>
/// <remarks>Only the holder writes, so one uncommitted version is all there can be. A row that does not exist is a cell with no version.</remarks>
internal abstract class Versioned(string name)
{
    private readonly List<Transaction> waiting = [];

    public Transaction? Holder { get; private set; }

    public override string ToString() => name;

    public bool TryLock(Transaction transaction)
    {
        if (Holder == transaction)
            return true;
        if (Holder is not null)
            return false;
        Holder = transaction;
        transaction.Holds(this);
        return true;
    }

    public void Wait(Transaction transaction) => waiting.Add(transaction);

    public void StopWaiting(Transaction transaction) => waiting.Remove(transaction);

    /// <summary>Hands the lock to one of those that wait: PostgreSQL promises no order among them, so the seed decides.</summary>
    public Transaction? Release(Prng chance)
    {
        Holder = null;
        if (waiting.Count == 0)
            return null;
        int chosen = chance.Below(waiting.Count);
        Transaction next = waiting[chosen];
        waiting.RemoveAt(chosen);
        TryLock(next);
        return next;
    }

    /// <summary>Makes the uncommitted version everybody's.</summary>
    public abstract void Install();

    public abstract void Discard();
}

/// <typeparam name="TRow">Immutable.</typeparam>
internal sealed class Versioned<TRow>(string name) : Versioned(name)
    where TRow : class
{
    private TRow? pending;
    private bool isWritten;

    public TRow? Committed { get; private set; }

    /// <summary>What the holder of the lock sees: its own write, else the newest committed version (READ COMMITTED after a lock wait).</summary>
    public TRow? Newest => isWritten ? pending : Committed;

    /// <summary>Null deletes.</summary>
    public void Write(TRow? row)
    {
        pending = row;
        isWritten = true;
    }

    public override void Install()
    {
        if (isWritten)
            Committed = pending;
        Discard();
    }

    public override void Discard()
    {
        pending = null;
        isWritten = false;
    }

    /// <summary>For the world's own furniture (an earlier batch job's rows), never for a statement.</summary>
    public void Seed(TRow row) => Committed = row;
}

/// <summary>Cells by key; a cell stays once it was made, so that a lock on a deleted row is the lock on its next life.</summary>
internal sealed class Table<TKey, TRow>(string name, IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
    where TRow : class
{
    private readonly Dictionary<TKey, Versioned<TRow>> cells = new(comparer);

    public Versioned<TRow> this[TKey key]
    {
        get
        {
            if (!cells.TryGetValue(key, out Versioned<TRow>? cell))
                cells.Add(key, cell = new Versioned<TRow>(name));
            return cell;
        }
    }

    public TRow? Committed(TKey key) => cells.TryGetValue(key, out Versioned<TRow>? cell) ? cell.Committed : null;

    public Dictionary<TKey, Versioned<TRow>> Cells => cells;
}
