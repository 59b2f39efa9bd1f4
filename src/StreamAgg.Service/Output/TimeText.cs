using System.Globalization;
using StreamAgg.Core.Time;

namespace StreamAgg.Service.Output;

/// <summary>Times as people and programs give them to us: RFC 3339 with a zone, for a time without one is ambiguous.</summary>
internal static class TimeText
{
    public const string Expected = "an RFC 3339 time with its zone, such as 2026-01-31T08:00:00Z";

    private static readonly string[] Formats =
        ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd't'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK"];

    public static Instant? TryParse(string text) =>
        text.Length >= 20 && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-')
        && DateTimeOffset.TryParseExact(text.ToUpperInvariant(), Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? Instant.FromUtc(time)
            : null;
}
