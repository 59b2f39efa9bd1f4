using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Storing;

/// <summary>What of a digest is written, as bytes or as arrays.</summary>
/// <param name="Cells">Ascending, as many as the compression at most.</param>
/// <param name="Doubt">By how many full cells the rank of a boundary may be off.</param>
internal sealed record StoredForm(int Compression, Cell[] Cells, double Doubt)
{
    public const int MinCompression = 20;
    public const int MaxCompression = 1000;

    public long Count { get; } = Cells.Sum(static cell => cell.Weight);

    public static StoredForm Of(CellRun working, int compression)
    {
        Cell[] final = Compaction.Fit(working.Cells, working.Count, compression);
        if (!working.IsWritten || final.Length < working.Cells.Length)
            EndRounding.Round(final);
        return new StoredForm(compression, final, BoundaryDoubt.Of(final, compression));
    }

    /// <summary>Whether cells that were read are such as this form has; the doubt that was read with them is then at their boundaries.</summary>
    /// <param name="compression">Within its range.</param>
    /// <param name="cells">Each of them possible by itself; as many as the compression at most.</param>
    /// <param name="doubt">In full cells, at least 0.</param>
    public static bool TryRestore(int compression, Span<Cell> cells, double doubt, out long count)
    {
        count = 0;
        for (int i = 0; i < cells.Length; i++)
        {
            // The ends are the minimum and the maximum.
            bool end = i == 0 || i == cells.Length - 1;
            if ((end && !cells[i].IsPure) || (i > 0 && !(cells[i - 1].High < cells[i].Low)) || cells[i].Weight > long.MaxValue - count)
                return false;
            count += cells[i].Weight;
        }

        BoundaryDoubt.Add(cells, compression, doubt);
        return true;
    }
}
