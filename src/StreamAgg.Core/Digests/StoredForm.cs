namespace StreamAgg.Core.Digests;

/// <summary>What of a digest is written as bytes.</summary>
/// <param name="Cells">Ascending, as many as the compression at most.</param>
/// <param name="HasEnds">Whether the cells' ends are written with them, or a reader has to estimate them from the means.</param>
/// <param name="Doubt">By how many full cells the rank of a boundary may be off, before what a reader's estimate adds.</param>
internal sealed record StoredForm(Cell[] Cells, bool HasEnds, double Doubt)
{
    public static readonly StoredForm Empty = new([], true, 0);

    public long Count { get; } = Cells.Sum(static cell => cell.Weight);

    /// <param name="working">All values, in any number of cells.</param>
    /// <param name="compression">The most cells.</param>
    public static StoredForm Of(CellRun working, int compression)
    {
        // Ends that were estimated once are no better for being written.
        if (working.Estimated)
            return Estimated(working, compression);
        Cell[] final = Compaction.Fit(working.Cells, [], working.Count, compression);
        if (!working.IsWritten || final.Length < working.Cells.Length)
        {
            if (!EndRounding.AreDisjoint(final))
                return Estimated(working, compression);
            EndRounding.Round(final);
            if (!EndRounding.MeansAreExact(final))
                return Estimated(working, compression);
        }
        return new StoredForm(final, true, BoundaryDoubt.Of(final, compression));
    }

    /// <summary>The form without ends.</summary>
    public static StoredForm Estimated(CellRun working, int compression)
    {
        Cell[] final = AnchoredForm.Of(working, compression);
        // What was read so has the reader's estimate among its doubts already.
        bool isAsRead = working.IsWritten && working.Estimated && final.Length == working.Cells.Length;
        return new StoredForm(final, false, BoundaryDoubt.Of(isAsRead ? BoundaryDoubt.WithoutEstimate(final) : final, compression));
    }
}
