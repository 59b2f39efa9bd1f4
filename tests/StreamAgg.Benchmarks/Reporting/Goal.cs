namespace StreamAgg.Benchmarks.Reporting;

/// <summary>What a figure's median has to be.</summary>
/// <param name="Bound">In the figure's unit.</param>
/// <param name="IsLeast">Whether more is better.</param>
/// <param name="Stretch">What it would best be; null where nobody asks.</param>
internal sealed record Goal(double Bound, bool IsLeast = false, double? Stretch = null)
{
    public static Goal AtMost(double bound, double? stretch = null) => new(bound, Stretch: stretch);

    public static Goal AtLeast(double bound) => new(bound, IsLeast: true);

    public bool IsMet(double value) => IsWithin(value, Bound);

    public bool IsStretchMet(double value) => Stretch is { } stretch && IsWithin(value, stretch);

    private bool IsWithin(double value, double bound) => IsLeast ? value >= bound : value <= bound;
}
