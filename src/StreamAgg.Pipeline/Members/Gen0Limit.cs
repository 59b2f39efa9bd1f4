namespace StreamAgg.Pipeline.Members;

/// <summary>Keeps garbage from piling up to the size of the processor's cache, or of the heap.</summary>
/// <remarks>
/// The runtime lets gen 0 grow with the third-level cache before it collects: 130 MB and more on large servers. A checkpoint of many partials
/// fills that in a moment, and the process holds on to it. Collecting gen 0 at 16 MB costs about a millisecond. What a checkpoint
/// holds until its answer has come is old by then and garbage afterwards: of that the runtime lets as much pile up as the heap is large,
/// a quarter of it is let here. The settings that bound both are read from the environment only, which an executable can't bring along.
/// One for all members; any thread.
/// </remarks>
internal sealed class Gen0Limit
{
    private const long MaxGarbageBytes = 16L << 20;
    private const long MaxOldGarbageBytes = 32L << 20;

    private readonly Lock gate = new();
    private long allocatedBytes = GC.GetTotalAllocatedBytes();
    private long liveBytes = GC.GetTotalMemory(forceFullCollection: false);
    private int collections = GC.CollectionCount(0);
    private int fullCollections = GC.CollectionCount(2);

    /// <summary>Collects where much was allocated and the runtime has not collected since.</summary>
    public void Trim()
    {
        // Who comes while another collects finds it done.
        if (!gate.TryEnter())
            return;
        try
        {
            TrimYoung();
            TrimOld();
        }
        finally
        {
            gate.Exit();
        }
    }

    private void TrimYoung()
    {
        long allocated = GC.GetTotalAllocatedBytes();
        int count = GC.CollectionCount(0);
        if (count == collections && allocated - allocatedBytes < MaxGarbageBytes)
            return;
        if (count == collections)
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        (allocatedBytes, collections) = (allocated, GC.CollectionCount(0));
    }

    private void TrimOld()
    {
        long held = GC.GetTotalMemory(forceFullCollection: false);
        bool isMuch = held - liveBytes > MaxOldGarbageBytes + (liveBytes / 4);
        if (isMuch)
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        if (isMuch || GC.CollectionCount(2) != fullCollections)
            (liveBytes, fullCollections) = (GC.GetTotalMemory(forceFullCollection: false), GC.CollectionCount(2));
    }
}
