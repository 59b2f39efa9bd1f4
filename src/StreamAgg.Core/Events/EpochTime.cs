using StreamAgg.Core.Shapes;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Events;

/// <summary>Reads a plain number as a time since 1970-01-01T00:00Z.</summary>
internal static class EpochTime
{
    private const int TickDecimals = 7;

    /// <summary>From 2000 to 2100: a number that lies here in one unit lies here in no other.</summary>
    private const long PlausibleFrom = 946_684_800, PlausibleTo = 4_102_444_800;

    private static readonly TimeUnit[] Units = [TimeUnit.Seconds, TimeUnit.Milliseconds, TimeUnit.Microseconds, TimeUnit.Nanoseconds];

    /// <param name="number">A well-formed JSON number.</param>
    /// <param name="unit">Seconds may have a fraction, which is cut at a tick; the other units are whole.</param>
    /// <param name="time">Saturated.</param>
    public static bool TryRead(ReadOnlySpan<byte> number, TimeUnit unit, out Instant time)
    {
        if (unit == TimeUnit.Milliseconds)
        {
            JsonNumber milliseconds = JsonNumber.Parse(number, decimals: 0);
            time = Instant.FromUnixMilliseconds(milliseconds.Signed);
            return !milliseconds.HasRest;
        }
        time = new Instant(JsonNumber.Parse(number, TickDecimals - (int)unit).Signed);
        return unit == TimeUnit.Seconds || !JsonNumber.Parse(number, decimals: 0).HasRest;
    }

    /// <returns>For a person, where the number is a time of our days in another unit than the wanted one; else null.</returns>
    public static string? Misread(ReadOnlySpan<byte> number, TimeUnit wanted)
    {
        foreach (TimeUnit unit in Units)
            if (unit != wanted && JsonNumber.Parse(number, -(int)unit) is { IsNegative: false, Whole: >= PlausibleFrom and < PlausibleTo })
                return $"{RefusalDetail.Cut(number)} looks like {NameOf(unit)}: {NameOf(wanted)} are wanted";
        return null;
    }

    public static string NameOf(TimeUnit unit) => unit switch
    {
        TimeUnit.Seconds => "seconds",
        TimeUnit.Milliseconds => "milliseconds",
        TimeUnit.Microseconds => "microseconds",
        _ => "nanoseconds",
    };
}
