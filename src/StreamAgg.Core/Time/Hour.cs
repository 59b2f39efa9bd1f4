namespace StreamAgg.Core.Time;

/// <summary>A UTC hour, half-open: from <see cref="Start"/> up to but not including <see cref="End"/>.</summary>
/// <param name="SinceEpoch">Hours since 1970-01-01T00:00Z; negative before it.</param>
public readonly record struct Hour(int SinceEpoch) : IComparable<Hour>
{
    public Instant Start => new(SinceEpoch * TimeSpan.TicksPerHour);

    public Instant End => new((SinceEpoch + 1L) * TimeSpan.TicksPerHour);

    public Day Day => new((int)Math.Floor(SinceEpoch / 24.0));

    public static Hour Of(Instant instant) =>
        new((int)(instant.UnixTicks >= 0
            ? instant.UnixTicks / TimeSpan.TicksPerHour
            : (instant.UnixTicks - (TimeSpan.TicksPerHour - 1)) / TimeSpan.TicksPerHour));

    /// <summary>The first hour that starts at or after the time.</summary>
    public static Hour FirstFrom(Instant time) => time.Hour.Start == time ? time.Hour : new(time.Hour.SinceEpoch + 1);

    public static Hour FromUtc(DateTime utc) => Of(Instant.FromUtc(utc));

    public int CompareTo(Hour other) => SinceEpoch.CompareTo(other.SinceEpoch);

    public override string ToString() => Start.ToString();
}
