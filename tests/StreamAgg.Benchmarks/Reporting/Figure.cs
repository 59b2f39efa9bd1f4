namespace StreamAgg.Benchmarks.Reporting;

/// <summary>One line of a report: what every run came to.</summary>
internal sealed record Figure
{
    /// <summary>By how much a ratio's median may lie above what was committed.</summary>
    public const double Tolerance = 0.15;

    public Figure(string name, string unit, IReadOnlyList<double> runs)
    {
        double[] sorted = [.. runs.Order()];
        (Name, Unit, Runs) = (name, unit, runs);
        (Least, Median, Most) = (sorted[0], sorted[sorted.Length / 2], sorted[^1]);
    }

    public string Name { get; }

    public string Unit { get; }

    /// <summary>In the order in which they were made.</summary>
    public IReadOnlyList<double> Runs { get; }

    public double Least { get; }

    public double Median { get; }

    public double Most { get; }

    public Goal? Goal { get; init; }

    /// <summary>Of two things that were measured in turns; less is better.</summary>
    public bool IsRatio { get; init; }

    /// <summary>The median that is committed for it; null where none is.</summary>
    public double? Committed { get; init; }

    public bool IsGoalMet => Goal?.IsMet(Median) ?? true;

    public bool IsRegression => Committed is { } committed && Median > committed * (1 + Tolerance);
}
