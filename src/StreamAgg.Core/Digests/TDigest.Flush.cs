namespace StreamAgg.Core.Digests;

public sealed partial class TDigest
{
    private bool IsSettled => buffered == 0 && weightedCount == 0;

    /// <summary>Before anything is added to a merged digest, its inputs become cells of its own.</summary>
    private void SettleUnion()
    {
        if (union is null)
            return;
        CellRun recut = union.Recut(Compression);
        Keep(recut.Cells);
        doubt = recut.Doubt;
        estimated = recut.Estimated;
        union = null;
    }

    /// <summary>Brings what waits into the cells, and the cells to their resting number where they have become too many.</summary>
    private void Flush()
    {
        if (IsSettled)
            return;
        Span<Cell> absorbed = Absorbed();
        doubt += Absorption.Shared.Doubt;
        settledCount += buffered;
        buffered = weightedCount = 0;
        if (absorbed.Length > WorkingFactor * Compression)
            absorbed = absorbed[..Compaction.Shrink(absorbed, settledCount, RestingFactor * Compression)];
        Keep(absorbed);
    }

    /// <summary>The cells with all that waits, in memory that the next flush of any digest on this thread uses again.</summary>
    private Span<Cell> Absorbed() => Absorption.Shared.Absorb(
        cells.AsSpan(0, cellCount), buffer.AsSpan(0, buffered), weighted.AsSpan(0, weightedCount),
        new SizeLimit(FullFactor * Compression, Count));

    private void Keep(ReadOnlySpan<Cell> kept)
    {
        if (cells.Length < kept.Length)
            cells = new Cell[Math.Min(kept.Length + (kept.Length / 2), Math.Max(kept.Length, WorkingFactor * Compression))];
        kept.CopyTo(cells);
        cellCount = kept.Length;
        view = null;
        stored = null;
        written = false;
    }

    /// <summary>Everything in order, as if flushed, while this digest stays as it is: reading must not change what is written later.</summary>
    private Union View()
    {
        if (view is null || view.Count != Count)
        {
            view = union ?? new Union([CurrentRun()]);
        }
        return view;
    }

    private CellRun CurrentRun()
    {
        if (IsSettled)
            return new CellRun(cells.AsSpan(0, cellCount), Compression, doubt, estimated, written);
        ReadOnlySpan<Cell> absorbed = Absorbed();
        return new CellRun(absorbed, Compression, doubt + Absorption.Shared.Doubt, estimated);
    }

    /// <summary>The final form as it is written: at most <see cref="Compression"/> cells.</summary>
    private StoredForm Stored()
    {
        if (stored is null || stored.Count != Count)
            stored = Count == 0 ? StoredForm.Empty : StoredForm.Of(View().Recut(Compression), Compression);
        return stored;
    }
}
