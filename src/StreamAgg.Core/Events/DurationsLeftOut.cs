namespace StreamAgg.Core.Events;

/// <summary>How many accepted events of a record had a duration that can't be one: they count as requests without a latency.</summary>
/// <param name="Negative">Below 0: two clocks were subtracted.</param>
/// <param name="TooLong">Above <see cref="EventOptions.MaxDuration"/>: another unit, or a clock again.</param>
public readonly record struct DurationsLeftOut(int Negative, int TooLong)
{
    /// <summary>The reasons as telemetry names them.</summary>
    public const string NegativeReason = "negative", TooLongReason = "too_long";

    public int Total => Negative + TooLong;

    public static DurationsLeftOut operator +(DurationsLeftOut a, DurationsLeftOut b) => new(a.Negative + b.Negative, a.TooLong + b.TooLong);
}
