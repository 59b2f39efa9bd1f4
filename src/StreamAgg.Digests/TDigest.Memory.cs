using System.Runtime.CompilerServices;
using StreamAgg.Digests.Cells;
using StreamAgg.Digests.Merging;

namespace StreamAgg.Digests;

public sealed partial class TDigest
{
    /// <summary>This object by itself and the header of an array or two: measured, rounded up.</summary>
    private const int OwnBytes = 160;

    /// <summary>Room for so few values is not given back: it would be asked for again at once.</summary>
    private const int MostSpare = 4 * FirstBuffer;

    /// <summary>What this digest keeps from the garbage collector, in bytes.</summary>
    public int RetainedBytes =>
        OwnBytes + (buffer.Length * sizeof(double)) + (cells.Length * Unsafe.SizeOf<Cell>())
        + RunBytes(merged) + (view == merged ? 0 : RunBytes(view));

    /// <summary>So many values may be added before <see cref="RetainedBytes"/> can change.</summary>
    public int Room => buffer.Length - buffered;

    /// <summary>
    /// Gives back what readings left behind and what is kept ready for values that have not come. Many that wait are brought into
    /// the cells first, where nothing is exact any more: a full buffer is as large as most digests.
    /// </summary>
    public void Trim()
    {
        view = null;
        if (!isExact && buffered > MostWaiting)
            Flush();
        if (buffer.Length > (2 * buffered) + MostSpare)
            Array.Resize(ref buffer, buffered);
        if (cells.Length > cellCount)
            Array.Resize(ref cells, cellCount);
    }

    private static int RunBytes(MergedRuns? values)
    {
        int bytes = 0;
        foreach (CellRun run in values?.Runs ?? [])
            bytes += run.Cells.Length * (Unsafe.SizeOf<Cell>() + sizeof(long));
        return bytes;
    }
}
