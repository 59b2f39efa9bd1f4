using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Storing;

/// <summary>Where between its ends a cell's mean lies, in sixteen bits: 2^-17 of the cell moves no quantile by more of its weight.</summary>
internal static class MeanPlace
{
    private const double Places = ushort.MaxValue;

    public static ushort Of(in Cell cell)
    {
        // At half its size, as in CellCurve.
        double low = cell.Low * 0.5, width = (cell.High * 0.5) - low;
        double share = width > 0 ? ((cell.Mean * 0.5) - low) / width : 0;
        return (ushort)Math.Round(Math.Clamp(share, 0, 1) * Places);
    }

    public static double At(ushort place, double low, double high)
    {
        double start = low * 0.5;
        return Math.Clamp((start + (((high * 0.5) - start) * (place / Places))) * 2, low, high);
    }

    /// <summary>The cell with the mean that a reader will have.</summary>
    public static Cell Rounded(in Cell cell) =>
        new(cell.Low, cell.High, At(Of(cell), cell.Low, cell.High), cell.Weight, cell.Doubt);

    /// <summary>Whether a reader has this mean exactly and would write the same place: in a cell of few doubles several places are one.</summary>
    public static bool IsExact(in Cell cell) => At(Of(cell), cell.Low, cell.High).Equals(cell.Mean);
}
