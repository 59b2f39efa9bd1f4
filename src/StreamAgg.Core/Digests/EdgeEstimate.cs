namespace StreamAgg.Core.Digests;

/// <summary>Where cells begin and end when only their means and weights are known, as after decoding.</summary>
/// <remarks>
/// The boundary between two cells is read off the line between their means, each mean standing at the middle of its cell's ranks; beside a
/// pure cell it is that cell's value. Within the boundaries values lie by the shape of the cell's mean, and the cell begins and ends where
/// that has its first and its last value: half a rank inside.
/// </remarks>
internal static class EdgeEstimate
{
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
                : Held(Within(Boundary(means, weights, pure, i - 1), means[i], Boundary(means, weights, pure, i), weights[i]), means[0], means[^1]);
        }
        for (int i = 0; i + 1 < cells.Length; i++)
            cells[i] = cells[i].With(BoundaryDoubt.OfEstimate(cells[i], cells[i + 1]));
        return cells;
    }

    /// <summary>The boundary between cell <paramref name="left"/> and the next one.</summary>
    private static double Boundary(ReadOnlySpan<double> means, ReadOnlySpan<long> weights, ReadOnlySpan<bool> pure, int left)
    {
        int right = left + 1;
        if (pure[left]) return means[left];
        if (pure[right]) return means[right];
        double a = weights[left], b = weights[right];
        double gap = means[right] - means[left];
        double straight = means[left] + (gap * (a / (a + b)));
        double before = Weight(weights, pure, left - 1), after = Weight(weights, pure, right + 1);
        double lean = 2 * a * b / (a + b) * (((before + a) / (a + a + b)) - ((after + b) / (b + b + a)));
        double boundary = straight + (((lean * gap)
            - (a * (before + a) / (a + a + b) * Slope(means, weights, pure, right))
            + (b * (after + b) / (b + b + a) * Slope(means, weights, pure, left))) / (before + a + b + after));
        return Math.Clamp(double.IsFinite(boundary) ? boundary : straight, means[left], means[right]);
    }

    private static double Weight(ReadOnlySpan<long> weights, ReadOnlySpan<bool> pure, int at) => pure[at] ? 1 : weights[at];

    /// <summary>The rise of the means across a cell, from the parabola through it and its neighbours, no steeper than keeps them in order.</summary>
    private static double Slope(ReadOnlySpan<double> means, ReadOnlySpan<long> weights, ReadOnlySpan<bool> pure, int at)
    {
        double a = Weight(weights, pure, at - 1), b = weights[at], c = Weight(weights, pure, at + 1);
        double left = means[at] - means[at - 1], right = means[at + 1] - means[at];
        double slope = b / (a + b + c) * ((((a + a + b) / (c + b) * right)) + ((c + c + b) / (a + b) * left));
        return Math.Min(slope, 2 * Math.Min(left, right));
    }

    private static Cell Within(double from, double mean, double to, long weight)
    {
        // At half its size, as in CellCurve.
        double low = from * 0.5, width = (to * 0.5) - low;
        if (!(width > 0))
            return Impure(from, mean, to, weight);
        var shape = new Shape(((mean * 0.5) - low) / width, from, to);
        double half = 0.5 / weight;
        double first = Math.Clamp((low + (width * shape.At(half))) * 2, from, mean);
        double last = Math.Clamp((low + (width * shape.At(1 - half))) * 2, mean, to);
        if (weight == 2)
        {
            // Two values lie at the same distance from their mean.
            double reach = Math.Min((mean * 0.5) - (first * 0.5), (last * 0.5) - (mean * 0.5)) * 2;
            first = Math.Max(first, mean - reach);
            last = Math.Min(last, mean + reach);
        }
        return first < last ? new Cell(first, last, mean, weight) : Impure(from, mean, to, weight);
    }

    /// <summary>Where the estimate is finer than doubles are: the boundaries themselves, and at the least the neighbours of the mean.</summary>
    private static Cell Impure(double from, double mean, double to, long weight) => from < to
        ? new Cell(from, to, mean, weight)
        : new Cell(Math.BitDecrement(mean), Math.BitIncrement(mean), mean, weight);

    /// <summary>No cell reaches past the minimum or the maximum, however fine.</summary>
    private static Cell Held(in Cell cell, double min, double max) =>
        new(Math.Max(cell.Low, min), Math.Min(cell.High, max), cell.Mean, cell.Weight);
}
