namespace StreamAgg.Core.Digests;

/// <summary>A run of neighbouring values, of which only how many, their mean, the smallest and the largest are kept.</summary>
/// <remarks>
/// Cells of one digest do not overlap, so the rank at which a cell begins is exact however many values it has swallowed; only
/// the order inside a cell is forgotten. A cell whose values are all equal is pure: nothing of it is forgotten. Immutable.
/// </remarks>
internal readonly struct Cell(double low, double high, double mean, long weight)
{
    public readonly double Low = low;
    public readonly double High = high;
    public readonly double Mean = mean;
    public readonly long Weight = weight;

    public bool IsPure => Low == High;

    public static Cell Pure(double value, long weight) => new(value, value, value, weight);

    /// <summary>This cell and another one as one.</summary>
    public Cell Join(in Cell other)
    {
        long both = Weight + other.Weight;
        double from = Math.Min(Low, other.Low), to = Math.Max(High, other.High);
        if (from == to)
            return Pure(from == 0 ? Mean + other.Mean : from, both); // -0 and 0 are one value: 0 where both occur
        // A convex combination: no sum that could overflow, and outside its ends by no more than a rounding.
        double share = (double)other.Weight / both;
        return new Cell(from, to, Math.Clamp((Mean * (1 - share)) + (other.Mean * share), from, to), both);
    }
}
