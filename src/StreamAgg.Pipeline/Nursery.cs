namespace StreamAgg.Pipeline;

/// <summary>Keeps garbage from piling up to the size of the processor's cache.</summary>
/// <remarks>
/// The runtime lets gen 0 grow with the third-level cache before it collects: 130 MB and more on large servers, and a pipeline that
/// allocates a megabyte a second fills that with garbage and holds on to it. Collecting gen 0 at 16 MB costs about a millisecond, some
/// times a minute. The setting that bounds it (GCgen0size) is read from the environment only, which an executable can't bring along.
/// </remarks>
internal sealed class Nursery
{
    private const long MaxGarbageBytes = 16L << 20;

    private long allocatedBytes = GC.GetTotalAllocatedBytes();
    private int collections = GC.CollectionCount(0);

    /// <summary>Collects gen 0 where much was allocated and the runtime has not collected since. Any one thread.</summary>
    public void Trim()
    {
        long allocated = GC.GetTotalAllocatedBytes();
        int count = GC.CollectionCount(0);
        if (count == collections && allocated - allocatedBytes < MaxGarbageBytes)
            return;
        if (count == collections)
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        (allocatedBytes, collections) = (allocated, GC.CollectionCount(0));
    }
}
