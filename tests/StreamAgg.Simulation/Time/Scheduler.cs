using System.Runtime.CompilerServices;
using StreamAgg.Simulation.Chance;

namespace StreamAgg.Simulation.Time;

/// <summary>Everything that happens, in the order of virtual time; what falls on the same microsecond is ordered by the seed.</summary>
/// <remarks>
/// One thread. A binary heap written out, because this is the innermost loop of a million worlds: its entries hold no references, which would
/// cost a write barrier at each of their moves, but the number of the slot that does.
/// </remarks>
internal sealed class Scheduler(Prng chance)
{
    private Entry[] heap = new Entry[64];
    private Slot[] slots = new Slot[64];
    private int[] free = new int[64];
    private int count;
    private int used;
    private uint sequence;

    /// <summary>Virtual microseconds since the start of the world.</summary>
    public long NowMicros { get; private set; }

    public long Steps { get; private set; }

    /// <summary>Changes with everything that ran and when: two runs of a seed must end with the same one.</summary>
    public ulong Fingerprint { get; private set; } = 14695981039346656037;

    public void After(SimProcess? process, long delayMicros, Action action)
    {
        if (count == heap.Length)
            Grow();
        int slot = count == used ? used++ : free[count];
        slots[slot] = new Slot(process, action);
        var entry = new Entry(NowMicros + delayMicros, ((ulong)(uint)chance.Next() << 32) | sequence++, slot);
        int at = count++;
        while (at > 0)
        {
            int parent = (at - 1) >> 1;
            if (!entry.Before(heap[parent]))
                break;
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = entry;
    }

    /// <summary>Suspends an async method of the simulation for a while; it goes on as part of the process (null: of the servers).</summary>
    public Hop Delay(SimProcess? process, long delayMicros) => new(this, process, delayMicros);

    /// <summary>Runs what is next; false where nothing is.</summary>
    public bool RunNext()
    {
        if (count == 0)
            return false;
        Entry next = heap[0];
        Entry last = heap[--count];
        if (count > 0)
            SiftDown(last);
        free[count] = next.Slot;
        var (process, action) = slots[next.Slot];
        slots[next.Slot] = default;

        NowMicros = next.TimeMicros;
        Steps++;
        Mix((ulong)next.TimeMicros ^ (next.Tie << 1));
        if (process is not null)
        {
            if (process.IsDead)
                return true;
            if (process.IsFrozen)
            {
                process.Park(action);
                return true;
            }
        }
        action();
        return true;
    }

    public void Mix(ulong value) => Fingerprint = (Fingerprint ^ value) * 1099511628211 + (Fingerprint >> 29);

    private void SiftDown(Entry entry)
    {
        int at = 0;
        while (true)
        {
            int child = (at << 1) + 1;
            if (child >= count)
                break;
            if (child + 1 < count && heap[child + 1].Before(heap[child]))
                child++;
            if (!heap[child].Before(entry))
                break;
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = entry;
    }

    private void Grow()
    {
        Array.Resize(ref heap, count * 2);
        Array.Resize(ref slots, count * 2);
        Array.Resize(ref free, count * 2);
    }

    private readonly record struct Slot(SimProcess? Process, Action Action);

    private readonly struct Entry(long timeMicros, ulong tie, int slot)
    {
        public readonly long TimeMicros = timeMicros;
        public readonly ulong Tie = tie;
        public readonly int Slot = slot;

        public bool Before(in Entry other) => TimeMicros != other.TimeMicros ? TimeMicros < other.TimeMicros : Tie < other.Tie;
    }

    /// <summary>An awaitable that always suspends: every await of the simulation is a place where others may run.</summary>
    internal readonly struct Hop(Scheduler scheduler, SimProcess? process, long delayMicros) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Hop GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => scheduler.After(process, delayMicros, continuation);

        public void UnsafeOnCompleted(Action continuation) => scheduler.After(process, delayMicros, continuation);
    }
}
