using System.Globalization;
using System.Runtime.CompilerServices;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http;

/// <summary>Days of a zone, each merged from its hours: a zone fits where its days begin with an hour of UTC.</summary>
internal static class DayZone
{
    private static readonly string[] Offsets = ["hh':'mm", "hh", "hhmm"];
    private static readonly TimeSpan LargestOffset = TimeSpan.FromHours(14);

    /// <param name="name">Of the time zone database, or an offset such as +08:00.</param>
    /// <exception cref="BadParameterException">There is no such zone.</exception>
    public static TimeZoneInfo Find(string name)
    {
        // A plus that was not escaped arrives as a space.
        string spelled = name[0] == ' ' ? $"+{name[1..]}" : name;
        if (spelled[0] is '+' or '-' && TimeSpan.TryParseExact(spelled[1..], Offsets, CultureInfo.InvariantCulture, out var offset)
            && offset <= LargestOffset)
            return TimeZoneInfo.CreateCustomTimeZone(spelled, spelled[0] == '-' ? -offset : offset, spelled, spelled);
        return TimeZoneInfo.TryFindSystemTimeZoneById(spelled, out var zone)
            ? zone
            : throw new BadParameterException("tz", $"'{name}' is no time zone: one such as Asia/Tokyo is needed, or an offset such as +08:00.");
    }

    /// <summary>The hour that the day begins with: midnight, or what follows where the clock passes over it.</summary>
    public static Instant StartOf(DateOnly date, TimeZoneInfo zone)
    {
        var midnight = date.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(midnight))
            midnight += TimeSpan.FromHours(1);
        // Of a midnight that comes twice the first.
        var offset = zone.IsAmbiguousTime(midnight) ? zone.GetAmbiguousTimeOffsets(midnight).Max() : zone.GetUtcOffset(midnight);
        return Instant.FromUtc(midnight - offset);
    }

    /// <summary>Closed days that start in the range, a page each.</summary>
    /// <exception cref="BadParameterException">A day of the range begins within an hour.</exception>
    public static Func<CancellationToken, IAsyncEnumerable<IReadOnlyList<PublishedRow>>> Rows(
        IReports reports, StatusReport status, TimeZoneInfo zone, IReadOnlyList<string> platforms, Instant from, Instant to)
    {
        var days = new List<(Instant Start, Instant End)>();
        for (var date = DateOf(from, zone); StartOf(date, zone) < to; date = date.AddDays(1))
            days.Add((StartOf(date, zone), StartOf(date.AddDays(1), zone)));
        if (days.Find(day => day.Start.Hour.Start != day.Start || day.End.Hour.Start != day.End) is { End.UnixTicks: not 0 } odd)
        {
            throw new BadParameterException(
                "tz", $"days of {zone.Id} do not begin with an hour of UTC (one begins at {odd.Start}): their rows can't be made of hours.");
        }

        // Where no watermark is known, what waits is behind the first hour that is open.
        var closed = status.Watermark ?? status.NextClose - TimeSpan.FromHours(1) ?? Instant.MaxValue;
        return cancellation => ReadAsync(reports, zone, platforms, days.Where(day => day.Start >= from && day.End <= closed), cancellation);
    }

    private static async IAsyncEnumerable<IReadOnlyList<PublishedRow>> ReadAsync(
        IReports reports, TimeZoneInfo zone, IReadOnlyList<string> platforms, IEnumerable<(Instant Start, Instant End)> days,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var (start, end) in days)
        {
            var live = await reports.LiveAsync(new LiveQuestion(start, end, platforms, zone, []), end, cancellation);
            yield return [.. live.Rows.Where(row => !row.IsProvisional).Select(row => row.Row)];
        }
    }

    private static DateOnly DateOf(Instant time, TimeZoneInfo zone) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(time.ToUtcDateTime(), zone));
}
