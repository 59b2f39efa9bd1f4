namespace StreamAgg.Core.Digests;

/// <summary>What of a digest is written as bytes.</summary>
/// <param name="Cells">Ascending, as many as the compression at most.</param>
/// <param name="Doubt">By how many full cells the rank of a boundary may be off.</param>
/// <param name="HasEnds">Whether the cells' ends are written with them, or a reader has to estimate them from the means.</param>
internal sealed record StoredForm(Cell[] Cells, double Doubt, bool HasEnds)
{
    public static readonly StoredForm Empty = new([], 0, true);

    public long Count { get; } = Sum(Cells);

    /// <param name="working">All values, in any number of cells.</param>
    /// <param name="compression">The most cells.</param>
    public static StoredForm Of(CellRun working, int compression)
    {
        if (working.IsWritten && working.Cells.Length <= compression)
            return new StoredForm(working.Cells.ToArray(), working.Doubt, true);
        // Ends that were estimated once are no better for being written.
        if (!working.Estimated)
        {
            Cell[] final = FinalForm.Of(working.Cells, working.Count, compression);
            if (EndRounding.AreDisjoint(final))
            {
                double moved = EndRounding.Round(final);
                if (EndRounding.MeansAreExact(final))
                    return new StoredForm(final, working.Doubt + moved, true);
            }
        }
        return new StoredForm(AnchoredForm.Of(working, compression), working.Doubt, false);
    }

    private static long Sum(Cell[] cells)
    {
        long sum = 0;
        foreach (ref readonly Cell cell in cells.AsSpan())
            sum += cell.Weight;
        return sum;
    }
}
