using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Events;

/// <summary>Reads RFC 3339 date-times with their zone.</summary>
/// <remarks>
/// <c>T</c>, <c>t</c> or a space between date and time; <c>Z</c>, <c>z</c> or an offset of up to 23:59 at the end, which may also be written
/// <c>+0800</c> or <c>+08</c>; digits of a fraction past the seventh are cut, never rounded up (an event must not move into the next hour); second 60
/// counts as 59 with its fraction kept.
/// </remarks>
public static class Rfc3339
{
    private const int FractionStart = 19;

    public static bool TryParse(ReadOnlySpan<byte> text, out Instant instant)
    {
        var nothing = default(LastDate);
        return TryParse(text, ref nothing, out instant);
    }

    /// <summary>The date of the text before: most texts that are read after each other share it.</summary>
    internal struct LastDate
    {
        public ulong YearAndMonth;
        public ushort Day;
        public int DaysSinceEpoch;
    }

    internal static bool TryParse(ReadOnlySpan<byte> text, ref LastDate last, out Instant instant)
    {
        if (TryParseLocal(text, ref last, out long ticks, out int zoneStart) && TryParseZone(text[zoneStart..], out int offsetMinutes))
        {
            instant = new Instant(ticks - (offsetMinutes * TimeSpan.TicksPerMinute));
            return true;
        }
        instant = default;
        return false;
    }

    /// <summary>Date and time, without what follows them.</summary>
    /// <param name="text">Of any length.</param>
    /// <param name="ticks">Since 1970 by the clock that was read.</param>
    /// <param name="zoneStart">Where the zone starts; the text's length where it has none.</param>
    public static bool TryParseLocal(ReadOnlySpan<byte> text, out long ticks, out int zoneStart)
    {
        var nothing = default(LastDate);
        return TryParseLocal(text, ref nothing, out ticks, out zoneStart);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryParseLocal(ReadOnlySpan<byte> text, ref LastDate last, out long ticks, out int zoneStart)
    {
        (ticks, zoneStart) = (0, 0);
        if (!HasItsShape(text))
            return false;
        int hour = Two(text, 11), minute = Two(text, 14), second = Two(text, 17);
        // A character that is no digit makes its field negative, whatever the other half of a year says.
        if (hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 60 || !TryDate(text, ref last, out int days))
            return false;
        if (!TryParseFraction(text, out long fractionTicks, out zoneStart))
            return false;

        long seconds = (days * 86_400L) + (hour * 3600) + (minute * 60) + Math.Min(second, 59);
        ticks = (seconds * TimeSpan.TicksPerSecond) + fractionTicks;
        return true;
    }

    /// <summary>yyyy-MM-ddTHH:mm:ss as far as its punctuation tells.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasItsShape(ReadOnlySpan<byte> text) =>
        text.Length >= FractionStart && text[4] == '-' && text[7] == '-' && text[10] is ((byte)'T' or (byte)'t' or (byte)' ') && text[13] == ':'
            && text[16] == ':';

    /// <param name="zone">The text's end, with nothing before or behind the zone.</param>
    /// <param name="offsetMinutes">East of UTC.</param>
    public static bool TryParseZone(ReadOnlySpan<byte> zone, out int offsetMinutes)
    {
        offsetMinutes = 0;
        if (zone.Length == 1)
            return (zone[0] | 0x20) == 'z';
        // +08, +0800, +08:00
        if (zone.Length is not (3 or 5 or 6) || zone[0] is not ((byte)'+' or (byte)'-') || (zone.Length == 6 && zone[3] != ':'))
            return false;
        int hours = Two(zone, 1), minutes = zone.Length == 3 ? 0 : Two(zone, zone.Length - 2);
        if (hours is < 0 or > 23 || minutes is < 0 or > 59)
            return false;
        offsetMinutes = ((hours * 60) + minutes) * (zone[0] == '-' ? -1 : 1);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryDate(ReadOnlySpan<byte> text, ref LastDate last, out int days)
    {
        ulong yearAndMonth = MemoryMarshal.Read<ulong>(text);
        ushort dayOfMonth = MemoryMarshal.Read<ushort>(text[8..]);
        days = last.DaysSinceEpoch;
        if (yearAndMonth == last.YearAndMonth && dayOfMonth == last.Day)
            return true;
        int year = (Two(text, 0) * 100) + Two(text, 2), month = Two(text, 5), day = Two(text, 8);
        if (year < 0 || month is < 1 or > 12 || day < 1 || day > DaysIn(year, month))
            return false;
        days = DaysSinceEpoch(year, month, day);
        last = new LastDate { YearAndMonth = yearAndMonth, Day = dayOfMonth, DaysSinceEpoch = days };
        return true;
    }

    private static bool TryParseFraction(ReadOnlySpan<byte> text, out long ticks, out int end)
    {
        ticks = 0;
        end = FractionStart;
        if (text.Length == FractionStart || text[FractionStart] != '.')
            return true;
        long unit = TimeSpan.TicksPerSecond;
        for (end++; end < text.Length && (uint)(text[end] - '0') <= 9; end++)
        {
            unit /= 10;
            ticks += (text[end] - '0') * unit;
        }
        return end > FractionStart + 1;
    }

    /// <summary>Two digits as a number, or a large negative one.</summary>
    private static int Two(ReadOnlySpan<byte> text, int at)
    {
        uint tens = (uint)(text[at] - '0'), units = (uint)(text[at + 1] - '0');
        return tens <= 9 && units <= 9 ? (int)((tens * 10) + units) : -100_000;
    }

    private static int DaysIn(int year, int month) => month switch
    {
        2 => IsLeap(year) ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };

    private static bool IsLeap(int year) => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    /// <summary>Days of the proleptic Gregorian calendar, which has a year 0; <see cref="DateTime"/> has none.</summary>
    private static int DaysSinceEpoch(int year, int month, int day)
    {
        // Years that begin in March put the leap day last; an era is the 400 years after which the calendar repeats.
        const int daysAnEra = 146_097, epochInEras = 719_468;
        int marchYear = (month <= 2 ? year - 1 : year) + 400;
        int era = marchYear / 400, yearOfEra = marchYear % 400;
        int dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5) + day - 1;
        int dayOfEra = (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear;
        return ((era - 1) * daysAnEra) + dayOfEra - epochInEras;
    }
}
