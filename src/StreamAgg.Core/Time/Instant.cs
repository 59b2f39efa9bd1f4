namespace StreamAgg.Core.Time;

/// <summary>A point on the UTC time line.</summary>
/// <remarks>
/// Resolution 100 ns, range years 0000 to 9999 and beyond (a 64-bit count from the Unix epoch). The default value is the
/// epoch. Immutable, safe on any thread. Conversions to <see cref="DateTime"/> clamp to its range.
/// </remarks>
public readonly record struct Instant(long UnixTicks) : IComparable<Instant>
{
    public const long TicksPerMillisecond = TimeSpan.TicksPerMillisecond;

    public static Instant MinValue => new(long.MinValue);

    public static Instant MaxValue => new(long.MaxValue);

    /// <summary>Saturates at <see cref="MinValue"/> and <see cref="MaxValue"/>.</summary>
    public static Instant FromUnixMilliseconds(long milliseconds) =>
        milliseconds > long.MaxValue / TicksPerMillisecond ? MaxValue
        : milliseconds < long.MinValue / TicksPerMillisecond ? MinValue
        : new(milliseconds * TicksPerMillisecond);

    /// <summary>Takes the value as UTC whatever its kind says.</summary>
    public static Instant FromUtc(DateTime utc) => new(utc.Ticks - DateTime.UnixEpoch.Ticks);

    public static Instant FromUtc(DateTimeOffset time) => FromUtc(time.UtcDateTime);

    /// <summary>The same instant with <see cref="DateTimeKind.Utc"/>, clamped to years 1 to 9999.</summary>
    public DateTime ToUtcDateTime()
    {
        long ticks = UnixTicks >= DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks ? DateTime.MaxValue.Ticks
            : UnixTicks <= -DateTime.UnixEpoch.Ticks ? 0
            : UnixTicks + DateTime.UnixEpoch.Ticks;
        return new DateTime(ticks, DateTimeKind.Utc);
    }

    /// <summary>Whole milliseconds since the epoch, rounded towards the past.</summary>
    public long ToUnixMilliseconds() => Math.DivRem(UnixTicks, TicksPerMillisecond) is var (q, r) && r < 0 ? q - 1 : q;

    /// <summary>The UTC hour that this instant lies in.</summary>
    public Hour Hour => Hour.Of(this);

    public static Instant Min(Instant a, Instant b) => a.UnixTicks <= b.UnixTicks ? a : b;

    public static Instant Max(Instant a, Instant b) => a.UnixTicks >= b.UnixTicks ? a : b;

    public int CompareTo(Instant other) => UnixTicks.CompareTo(other.UnixTicks);

    public static bool operator <(Instant a, Instant b) => a.UnixTicks < b.UnixTicks;

    public static bool operator >(Instant a, Instant b) => a.UnixTicks > b.UnixTicks;

    public static bool operator <=(Instant a, Instant b) => a.UnixTicks <= b.UnixTicks;

    public static bool operator >=(Instant a, Instant b) => a.UnixTicks >= b.UnixTicks;

    public static Instant operator +(Instant a, TimeSpan b) => new(a.UnixTicks + b.Ticks);

    public static Instant operator -(Instant a, TimeSpan b) => new(a.UnixTicks - b.Ticks);

    public static TimeSpan operator -(Instant a, Instant b) => new(a.UnixTicks - b.UnixTicks);

    /// <summary>RFC 3339 in UTC, for people and logs.</summary>
    public override string ToString() =>
        ToUtcDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
