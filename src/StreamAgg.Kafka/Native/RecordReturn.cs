namespace StreamAgg.Kafka.Native;

/// <summary>Records that a member is done with, until the client's own thread comes by and frees them.</summary>
/// <remarks>
/// A broker's thread makes an object of each record. Freed by the member's thread, under glibc each goes back to the other's arena, and the two
/// wait for each other's lock: half of what reading costs (docs/performance.md). So they are freed where they were made, each time an answer
/// has come in. Any thread.
/// </remarks>
/// <param name="maxRecords">That wait; what is past it, or past 16 MB, is freed at once. The default is about an answer's.</param>
internal sealed unsafe class RecordReturn(int maxRecords = 1 << 16)
{
    private const long MaxBytes = 16 << 20;

    private readonly Lock gate = new(), freeing = new();
    private nint[] returned = new nint[maxRecords], spare = new nint[maxRecords];
    private int count;
    private long bytes;

    /// <summary>Records that wait to be freed.</summary>
    internal int Waiting
    {
        get
        {
            lock (gate)
                return count;
        }
    }

    /// <summary>Takes over what was consumed. On the member's thread.</summary>
    public void Add(ReadOnlySpan<nint> messages)
    {
        long added = 0;
        foreach (nint message in messages)
            added += (long)((NativeMessage*)message)->Length;

        lock (gate)
        {
            if (count + messages.Length <= maxRecords && bytes + added <= MaxBytes)
            {
                messages.CopyTo(returned.AsSpan(count));
                count += messages.Length;
                bytes += added;
                return;
            }
        }

        Free(messages);
    }

    /// <summary>Frees what is there, or leaves it to the thread that is at it.</summary>
    public void TryFree()
    {
        if (!freeing.TryEnter())
            return;

        try
        {
            FreeAll();
        }
        finally
        {
            freeing.Exit();
        }
    }

    /// <summary>Returns when everything is free that was added.</summary>
    public void Free()
    {
        lock (freeing)
            FreeAll();
    }

    private void FreeAll()
    {
        int length;
        lock (gate)
        {
            (returned, spare) = (spare, returned);
            (length, count, bytes) = (count, 0, 0);
        }

        Free(spare.AsSpan(0, length));
    }

    private static void Free(ReadOnlySpan<nint> messages)
    {
        foreach (nint message in messages)
            NativeMethods.MessageDestroy((NativeMessage*)message);
    }
}
