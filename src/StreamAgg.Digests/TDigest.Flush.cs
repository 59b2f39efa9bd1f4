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

    /// <summary>Brings the buffer into the cells. A few values that have no cell yet may stay in it: new cells are best made for many at once.</summary>
    private void Flush()
    {
        Absorption absorption = Absorption.Shared;
        ReadOnlySpan<double> rest = absorption.Count(cells, cellCount, structure, buffer.AsSpan(0, buffered), WorkingLimit);
        written = false;
        if (rest.Length <= MostWaiting && !absorption.IsCrowded && !isExact)
        {
            rest.CopyTo(buffer);
            settledCount += buffered - rest.Length;
            buffered = rest.Length;
            return;
        }
        Span<Cell> all = absorption.Insert(cells.AsSpan(0, cellCount), WorkingLimit, isExact ? int.MaxValue : WorkingFactor * Compression);
        settledCount += buffered;
        buffered = 0;
        if (all.Length > WorkingFactor * Compression)
            all = all[..Compaction.Shrink(all, settledCount, RestingFactor * Compression, JoinedFactor * Compression)];
        Keep(all);
    }

    /// <summary>Brings all that waits into the cells, weighted values too: they are merged like a digest of their own.</summary>
    private void Settle()
    {
        Keep(new MergedRuns(CurrentRuns()).Recut(Compression).Cells);
        settledCount += buffered;
        buffered = weightedCount = 0;
    }

    private void Keep(ReadOnlySpan<Cell> kept)
    {
        if (cells.Length < kept.Length)
            cells = new Cell[Math.Min(kept.Length + (kept.Length / 2), Math.Max(kept.Length, WorkingFactor * Compression))];
        kept.CopyTo(cells);
        cellCount = kept.Length;
        structure++;
        view = null;
        stored = null;
        written = false;
        isExact = true;
        foreach (ref readonly Cell cell in kept)
            isExact &= cell.IsPure;
    }

    /// <summary>Everything in order, as if flushed, while this digest stays as it is: reading must not change what is written later.</summary>
    internal MergedRuns View()
    {
        if (view is null || view.Count != Count)
            view = merged ?? new MergedRuns(CurrentRuns());
        return view;
    }

    private List<CellRun> CurrentRuns()
    {
        var runs = new List<CellRun>();
        if (weightedCount > 0)
        {
            Cell[] values = weighted.AsSpan(0, weightedCount).ToArray();
            Array.Sort(values, static (a, b) => a.Mean.CompareTo(b.Mean));
            runs.Add(new CellRun(values.AsSpan(0, Cell.JoinEqual(values)), Compression));
        }
        if (buffered > 0)
        {
            Cell[] copy = cells.AsSpan(0, cellCount).ToArray();
            Absorption absorption = Absorption.Shared;
            absorption.Count(copy, cellCount, structure, buffer.AsSpan(0, buffered), WorkingLimit);
            runs.Add(new CellRun(absorption.Insert(copy, WorkingLimit, int.MaxValue), Compression));
        }
        else if (cellCount > 0)
        {
            runs.Add(new CellRun(cells.AsSpan(0, cellCount), Compression, written));
        }
        return runs;
    }
}
