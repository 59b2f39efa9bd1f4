namespace StreamAgg.Core.Time;

/// <summary>A UTC calendar day: 24 hours, always.</summary>
/// <param name="SinceEpoch">Days since 1970-01-01; negative before it.</param>
public readonly record struct Day(int SinceEpoch) : IComparable<Day>
{
    private static readonly int EpochDayNumber = new DateOnly(1970, 1, 1).DayNumber;

    public Instant Start => new(SinceEpoch * TimeSpan.TicksPerDay);

    public Instant End => new((SinceEpoch + 1L) * TimeSpan.TicksPerDay);

    public Hour FirstHour => new(SinceEpoch * 24);

    public DateOnly ToDate() => DateOnly.FromDayNumber(SinceEpoch + EpochDayNumber);

    public static Day FromDate(DateOnly date) => new(date.DayNumber - EpochDayNumber);

    /// <summary>The first day that starts at or after the time; beyond an end of <see cref="DateOnly"/>'s calendar, the day at that end.</summary>
    public static Day FirstFrom(Instant time)
    {
        Day day = time.Hour.Day;
        int first = day.Start == time ? day.SinceEpoch : day.SinceEpoch + 1;
        return new(Math.Clamp(first, FromDate(DateOnly.MinValue).SinceEpoch, FromDate(DateOnly.MaxValue).SinceEpoch));
    }

    public int CompareTo(Day other) => SinceEpoch.CompareTo(other.SinceEpoch);

    public override string ToString() => ToDate().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
