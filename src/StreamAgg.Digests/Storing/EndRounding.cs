using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Storing;

/// <summary>Moves the ends of cells a little outwards, to numbers of few digits: that saves bytes, and each cell holds all of its values.</summary>
/// <remarks>A cell lies between two cuts: it begins just above one and ends at the other. Cells that lie close share the cut between them.</remarks>
internal static class EndRounding
{
    /// <summary>An end that moves by 2^-13 of its cell moves no quantile by more than that part of the cell's weight.</summary>
    private const double Part = 1.0 / (1 << 13);

    /// <summary>Whether a reader will have the same means.</summary>
    public static bool MeansAreExact(ReadOnlySpan<Cell> cells)
    {
        foreach (ref readonly Cell cell in cells)
            if (!cell.IsPure && !MeanPlace.IsExact(cell))
                return false;
        return true;
    }

    /// <param name="cells">Ascending and disjoint; rounded in place.</param>
    public static void Round(Span<Cell> cells)
    {
        for (int i = 0; i + 1 < cells.Length; i++)
        {
            ref Cell left = ref cells[i], right = ref cells[i + 1];
            // A cut lies at or above the left cell's last value and below the right one's first.
            long from = OrderedBits.Of(left.High), to = OrderedBits.Of(right.Low) - 1;
            long leftTo = left.IsPure ? from : Math.Min(to, OrderedBits.Of(left.High + Room(left)));
            long rightFrom = right.IsPure ? to : Math.Max(from, OrderedBits.Of(right.Low - Room(right)) - 1);
            if (!left.IsPure && !right.IsPure && leftTo >= rightFrom)
                (leftTo, rightFrom) = (to, OrderedBits.Roundest(from, to));
            left = Between(left, OrderedBits.Of(left.Low), OrderedBits.Roundest(from, leftTo));
            right = Between(right, OrderedBits.Roundest(rightFrom, to) + 1, OrderedBits.Of(right.High));
        }
        foreach (ref Cell cell in cells)
            if (!cell.IsPure)
                cell = MeanPlace.Rounded(cell);
    }

    /// <summary>How far an end may move.</summary>
    private static double Room(in Cell cell) => (cell.High * Part) - (cell.Low * Part);

    private static Cell Between(in Cell cell, long low, long high)
    {
        if (cell.IsPure)
            return cell;
        double from = OrderedBits.ToDouble(low), to = OrderedBits.ToDouble(high);
        return new Cell(from, to, Math.Clamp(cell.Mean, from, to), cell.Weight, cell.Doubt);
    }
}
