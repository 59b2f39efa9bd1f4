using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Service.Output;

/// <summary>Times as people and programs give them to us, read as the events' own are: a time without a zone is ambiguous.</summary>
internal static class TimeText
{
    public const string Expected = "an RFC 3339 time with its zone, such as 2026-01-31T08:00:00Z";

    public static Instant? TryParse(string text) => Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out var time) ? time : null;
}
