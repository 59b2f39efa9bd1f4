using System.Runtime.CompilerServices;
using StreamAgg.Digests.Cells;
using StreamAgg.Digests.Merging;
using StreamAgg.Digests.Storing;

namespace StreamAgg.Digests;

/// <summary>The distribution of any number of values in about a kilobyte: counts exactly, answers any quantile closely.</summary>
/// <remarks>
/// A merging t-digest with exact boundaries; docs/t-digest.md tells how it works and what it reaches. Quantiles follow
/// percentile_cont's rule and are exact while there are at most <see cref="Compression"/> distinct values. Not thread-safe, not even for
/// reading; digests on different threads share nothing. Adding allocates only while the digest grows to its full size.
/// </remarks>
public sealed partial class TDigest
{
    /// <summary>The least compression that a digest can have.</summary>
    public const int MinCompression = StoredForm.MinCompression;

    /// <summary>The greatest compression that a digest can have.</summary>
    public const int MaxCompression = StoredForm.MaxCompression;

    /// <summary>Values wait in a buffer of this many at first: a digest of few values stays small.</summary>
    private const int FirstBuffer = 10;

    /// <summary>Long enough that the work of a flush, which is by the cell, is a nanosecond or two a value.</summary>
    private const int FullBuffer = FirstBuffer << 7;

    /// <summary>In memory a digest works with up to this many times the cells of its final form.</summary>
    private const int WorkingFactor = 4;

    /// <summary>And comes down to this many times when it is past that, which happens every flush or two.</summary>
    private const int RestingFactor = 3;

    /// <summary>The size of a full cell in memory: as if there were this many times the cells of the final form.</summary>
    private const int FullFactor = 2;

    /// <summary>Cells are joined to a little more than that size: fewer passes, each of which tolerates more, leave few enough.</summary>
    private const double JoinedFactor = 1.6;

    /// <summary>So many values without a cell may wait in the buffer for more of their kind.</summary>
    private const int MostWaiting = FullBuffer / 8;

    private double[] buffer = [];
    private int buffered;
    private Cell[] cells = [];
    private int cellCount;

    /// <summary>How many values are in cells; the buffer's come on top.</summary>
    private long settledCount;

    /// <summary>Another number whenever there are other cells.</summary>
    private int structure;

    /// <summary>Whether every cell is one value: nothing has been forgotten.</summary>
    private bool isExact = true;

    /// <summary>Whether the cells are as they were read from bytes or arrays.</summary>
    private bool written;

    /// <summary>What <see cref="Merge"/> was given, until the first value is added to the result.</summary>
    private MergedRuns? merged;

    /// <summary>What the last quantile was read from; current while no value has been added since.</summary>
    private MergedRuns? view;

    /// <param name="compression">The most centroids that the final form has: 20 to 1,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The compression is out of range.</exception>
    public TDigest(int compression = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(compression, MinCompression);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(compression, MaxCompression);
        Compression = compression;
    }

    /// <summary>The most centroids that the final form has; so many distinct values are answered exactly.</summary>
    public int Compression { get; }

    /// <summary>No value is checked while there is room in the buffer: it is never longer than what can still be counted.</summary>
    private long MostInBuffer => long.MaxValue - settledCount;

    /// <summary>Four times as long once, then twice: digests of a few dozen values are the most, and each step of theirs is copied.</summary>
    private int LongerBuffer => buffer.Length <= FirstBuffer ? Math.Max(FirstBuffer, buffer.Length * 4) : buffer.Length * 2;

    /// <summary>How many values were added, exactly: 0 to 2^63 - 1.</summary>
    public long Count => settledCount + buffered;

    /// <summary>The smallest value; NaN where there is none.</summary>
    public double Min => Count == 0 ? double.NaN : View().Min;

    /// <summary>The largest value; NaN where there is none.</summary>
    public double Max => Count == 0 ? double.NaN : View().Max;

    /// <summary>Counts one value, in any unit.</summary>
    /// <param name="value">Finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is NaN or infinite.</exception>
    /// <exception cref="OverflowException">The count would pass 2^63 - 1; the digest is as before.</exception>
    public void Add(double value)
    {
        if (!double.IsFinite(value))
            ThrowNotFinite(value);
        double[] waiting = buffer;
        int at = buffered;
        if ((uint)at >= (uint)waiting.Length)
        {
            AddToFull(value);
            return;
        }
        waiting[at] = value;
        buffered = at + 1;
    }

    private static void ThrowNotFinite(double value) =>
        throw new ArgumentOutOfRangeException(nameof(value), value, "A digest holds finite values only.");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddToFull(double value)
    {
        if (Count == long.MaxValue)
            throw new OverflowException("A digest counts 2^63 - 1 values at most.");
        SettleMerged();
        // While nothing has been forgotten a flush comes at every so manyth value, wherever the first of them are by now: a digest that
        // is written and read then goes on to the same bytes as one that never was.
        int full = isExact ? FullBuffer - (int)(settledCount % FullBuffer) : FullBuffer;
        full = (int)Math.Min(full, MostInBuffer);
        if (buffer.Length < full)
            Array.Resize(ref buffer, Math.Min(LongerBuffer, full));
        else
            Flush();
        buffer[buffered++] = value;
    }
}
