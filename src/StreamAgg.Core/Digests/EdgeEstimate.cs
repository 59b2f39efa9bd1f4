namespace StreamAgg.Core.Digests;

/// <summary>Where cells begin and end when only their means and weights are known, as after decoding.</summary>
/// <remarks>
/// The boundary between two cells is read off the line between their means, each mean standing at the middle of its cell's ranks; beside a
/// pure cell it is that cell's value. Within the boundaries runs the monotone parabola of the cell's mean, and the cell begins and ends
/// where that parabola has its first and its last value: half a rank inside.
/// </remarks>
internal static class EdgeEstimate
{
    private const double Vast = 1e300;

    /// <param name="means">Finite, ascending.</param>
    /// <param name="weights">At least 1.</param>
    /// <param name="pure">True at both ends.</param>
    public static Cell[] ToCells(ReadOnlySpan<double> means, ReadOnlySpan<long> weights, ReadOnlySpan<bool> pure)
    {
        var cells = new Cell[means.Length];
        for (int i = 0; i < cells.Length; i++)
        {
            cells[i] = pure[i]
                ? Cell.Pure(means[i], weights[i])
                : Within(Boundary(means, weights, pure, i - 1), means[i], Boundary(means, weights, pure, i), weights[i]);
        }
        return cells;
    }

    /// <summary>The boundary between cell <paramref name="left"/> and the next one.</summary>
    private static double Boundary(ReadOnlySpan<double> means, ReadOnlySpan<long> weights, ReadOnlySpan<bool> pure, int left)
    {
        int right = left + 1;
        if (pure[left]) return means[left];
        if (pure[right]) return means[right];
        double share = (double)weights[left] / ((double)weights[left] + weights[right]);
        return Math.Clamp((means[left] * (1 - share)) + (means[right] * share), means[left], means[right]);
    }

    private static Cell Within(double from, double mean, double to, long weight)
    {
        double unit = Math.Max(Math.Abs(from), Math.Abs(to)) > Vast ? 0.5 : 1;
        double low = from * unit, middle = mean * unit, high = to * unit;
        double width = high - low, bend = 6 * (middle - low - (width / 2));
        if (bend > width)
        {
            width = bend = 3 * (high - middle);
            low = high - width;
        }
        else if (bend < -width)
        {
            width = 3 * (middle - low);
            high = low + width;
            bend = -width;
        }
        double half = 0.5 / weight;
        double first = (low + (half * (width + (bend * (1 - half))))) / unit;
        double last = (high - (half * (width - (bend * (1 - half))))) / unit;
        first = Math.Clamp(first, from, mean);
        last = Math.Clamp(last, mean, to);
        if (weight == 2)
        {
            // Two values lie at the same distance from their mean.
            double reach = Math.Min((mean * unit) - (first * unit), (last * unit) - (mean * unit)) / unit;
            first = Math.Max(first, mean - reach);
            last = Math.Min(last, mean + reach);
        }
        return new Cell(first, last, mean, weight);
    }
}
