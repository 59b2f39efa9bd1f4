using StreamAgg.Digests.Adding;
using StreamAgg.Digests.Cells;
using StreamAgg.Digests.Merging;

namespace StreamAgg.Digests;

public sealed partial class TDigest
{
    private SizeLimit WorkingLimit => new(FullFactor * Compression, Count);

    /// <summary>Before anything is added to a merged digest, its inputs become cells of its own.</summary>
    private void SettleMerged()
    {
        if (merged is null)
            return;
        Keep(merged.Recut(Compression).Cells);
        merged = null;
    }

    /// <summary>Brings the buffer into the cells. A few values that have no cell yet may stay: new cells are best made for many at once.</summary>
    private void Flush()
    {
        Absorption absorption = Absorption.Shared;
        ReadOnlySpan<double> rest = absorption.Count(cells, cellCount, structure, buffer.AsSpan(0, buffered), WorkingLimit);
        written = false;
        if (rest.Length <= MostWaiting && !absorption.IsCrowded && !isExact)
        {
            rest.CopyTo(buffer);
            Settle(buffered - rest.Length);
            return;
        }
        Span<Cell> all = absorption.Insert(cells.AsSpan(0, cellCount), WorkingLimit, isExact ? int.MaxValue : WorkingFactor * Compression);
        Settle(buffered);
        if (all.Length > WorkingFactor * Compression)
            all = all[..Compaction.Shrink(all, settledCount, RestingFactor * Compression, JoinedFactor * Compression)];
        Keep(all);
    }

    /// <summary>So many of the buffer's values are in cells now; the others have been moved to its front.</summary>
    private void Settle(int values)
    {
        settledCount += values;
        buffered -= values;
        if (buffer.Length > MostInBuffer)
            Array.Resize(ref buffer, (int)MostInBuffer);
    }

    private void Keep(ReadOnlySpan<Cell> kept)
    {
        if (cells.Length < kept.Length)
            cells = new Cell[Math.Min(kept.Length + (kept.Length / 2), Math.Max(kept.Length, WorkingFactor * Compression))];
        kept.CopyTo(cells);
        cellCount = kept.Length;
        structure++;
        view = null;
        written = false;
        isExact = true;
        foreach (ref readonly Cell cell in kept)
            isExact &= cell.IsPure;
    }

    /// <summary>Everything in order, as if flushed, while this digest stays as it is: reading must not change what is written later.</summary>
    internal MergedRuns View()
    {
        if (view is null || view.Count != Count)
            view = merged ?? new MergedRuns([CurrentRun()]);
        return view;
    }

    private CellRun CurrentRun()
    {
        if (buffered == 0)
            return new CellRun(cells.AsSpan(0, cellCount), Compression, written);
        Cell[] copy = cells.AsSpan(0, cellCount).ToArray();
        Absorption absorption = Absorption.Shared;
        absorption.Count(copy, cellCount, structure, buffer.AsSpan(0, buffered), WorkingLimit);
        return new CellRun(absorption.Insert(copy, WorkingLimit, int.MaxValue), Compression);
    }
}
