using StreamAgg.Core.Aggregation;

namespace StreamAgg.Traffic.Recount;

/// <summary>A row as it must stand in a table.</summary>
public interface IExactRow
{
    /// <summary>Which of the two.</summary>
    RowTable Table { get; }

    /// <summary>Which row of it.</summary>
    TallyKey Key { get; }

    /// <summary>All of its events.</summary>
    long RequestCount { get; }

    /// <summary>How many events had a value of one of <see cref="Spreads"/>.</summary>
    long CountOf(int spread);

    /// <summary>What a column must hold: of a quantile what percentile_cont says, where it is known.</summary>
    object? this[string column] { get; }

    /// <summary>True where an hour's digest holds every value: its quantiles are percentile_cont's then.</summary>
    bool IsFew(int spread, int compression);

    /// <summary>Where a quantile of a table lies among the values.</summary>
    Ranks RanksOf(Figure quantile, double valueMs);
}

/// <summary>
/// How many durations lie on either side of a value; a value that is equal but for the last bits of a line between two of them is equal.
/// </summary>
/// <param name="Count">All durations.</param>
/// <param name="Below">Smaller ones.</param>
/// <param name="NotAbove">Smaller ones and equal ones.</param>
/// <param name="Between">Where the value lies between its neighbours, 0 to 1; of use where none is equal.</param>
/// <param name="Q">The quantile that was asked for.</param>
public readonly record struct Ranks(long Count, long Below, long NotAbove, double Between, double Q = 0.99)
{
    /// <summary>Of a value in milliseconds: an interpolation's last bits depend on the order of its operations, in SQL too.</summary>
    internal const double RoundingShare = 1e-12;

    private double Target => Q * (Count - 1);

    /// <summary>The ranks that the stated bound allows, in whole ranks.</summary>
    public (long Low, long High) Allowed(int compression)
    {
        double allowed = (Q < 0.99 ? Math.Max(0.002 * Count, 2) : Math.Max(80e-6 * Count, 1 + (0.1 * Math.Sqrt(Count))))
            * Math.Pow(Math.Max(1, 100.0 / compression), 3);
        return ((long)Math.Max(Math.Floor(Target - allowed), 0), (long)Math.Min(Math.Ceiling(Target + allowed), Count - 1));
    }

    /// <summary>True where the value lies between the order statistics of these ranks.</summary>
    public bool IsWithin((long Low, long High) ranks) => NotAbove > ranks.Low && Below <= ranks.High;

    /// <summary>
    /// How far the value lies from the rank that was asked for, as a share of all ranks: 0 where it is exact, 1 where it is beyond them all.
    /// </summary>
    public double Error()
    {
        if (NotAbove == 0 || Below == Count)
            return 1;
        // The ranks at which the sorted durations, joined by straight lines, have this value.
        double from = Below, to = NotAbove - 1;
        if (Below == NotAbove)
            from = to = Below - 1 + Between;
        double away = Target < from ? from - Target : Target > to ? Target - to : 0;
        // What the last bits of the value make of a rank is no error.
        return away < 1e-6 ? 0 : away / Math.Max(Count - 1, 1);
    }
}
