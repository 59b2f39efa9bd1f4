namespace StreamAgg.Core.Digests;

/// <summary>Where between its ends a cell's mean lies, in sixteen bits: 2^-17 of the cell, which moves no quantile by more than that part of its weight.</summary>
internal static class MeanPlace
{
    private const double Places = ushort.MaxValue;

    /// <summary>Past this magnitude the distance of two doubles need not be finite.</summary>
    private const double Vast = 1e300;

    /// <param name="cell">Not pure.</param>
    public static ushort Of(in Cell cell)
    {
        double unit = Unit(cell.Low, cell.High), low = cell.Low * unit;
        double share = ((cell.Mean * unit) - low) / ((cell.High * unit) - low);
        return (ushort)Math.Round(Math.Clamp(share, 0, 1) * Places);
    }

    public static double At(ushort place, double low, double high)
    {
        double unit = Unit(low, high), start = low * unit;
        return Math.Clamp((start + (((high * unit) - start) * (place / Places))) / unit, low, high);
    }

    /// <summary>The cell with the mean that a reader will have.</summary>
    public static Cell Rounded(in Cell cell) =>
        new(cell.Low, cell.High, At(Of(cell), cell.Low, cell.High), cell.Weight);

    /// <summary>Whether a reader has this mean exactly and would write the same place again: in a cell of few doubles several places are one double.</summary>
    public static bool IsExact(in Cell cell) => At(Of(cell), cell.Low, cell.High).Equals(cell.Mean);

    private static double Unit(double low, double high) => Math.Max(Math.Abs(low), Math.Abs(high)) > Vast ? 0.5 : 1;
}
