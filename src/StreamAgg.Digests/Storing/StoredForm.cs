using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Storing;

/// <summary>What of a digest is written, as bytes or as arrays.</summary>
/// <param name="Cells">Ascending, as many as the compression at most.</param>
/// <param name="Doubt">By how many full cells the rank of a boundary may be off.</param>
internal sealed record StoredForm(Cell[] Cells, double Doubt)
{
    public static readonly StoredForm Empty = new([], 0);

    public long Count { get; } = Cells.Sum(static cell => cell.Weight);

    /// <param name="working">All values, in any number of cells.</param>
    /// <param name="compression">The most cells.</param>
    public static StoredForm Of(CellRun working, int compression)
    {
        Cell[] final = Compaction.Fit(working.Cells, working.Count, compression);
        if (!working.IsWritten || final.Length < working.Cells.Length)
            EndRounding.Round(final);
        return new StoredForm(final, BoundaryDoubt.Of(final, compression));
    }
}
