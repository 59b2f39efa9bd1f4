using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using StreamAgg.Core.Time;

namespace StreamAgg.Kafka.Options;

/// <summary>Where a topic that this pipeline has never read starts.</summary>
public readonly record struct StartFrom
{
    private StartFrom(bool isEnd, Instant? time)
    {
        IsEnd = isEnd;
        Time = time;
    }

    public static StartFrom Beginning => default;

    public static StartFrom End => new(isEnd: true, time: null);

    public bool IsEnd { get; }

    /// <summary>The first record at or after this time; null where the start is the beginning or the end.</summary>
    public Instant? Time { get; }

    public static StartFrom At(Instant time) => new(isEnd: false, time);

    /// <summary>Takes <c>beginning</c>, <c>end</c> or an RFC 3339 time with its zone.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out StartFrom start)
    {
        start = default;
        switch (text?.Trim())
        {
            case { } word when word.Equals("beginning", StringComparison.OrdinalIgnoreCase):
                start = Beginning;
                return true;
            case { } word when word.Equals("end", StringComparison.OrdinalIgnoreCase):
                start = End;
                return true;
            case { Length: >= 20 } time when HasZone(time)
                && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset parsed):
                start = At(Instant.FromUtc(parsed));
                return true;
            default:
                return false;
        }
    }

    public override string ToString() => IsEnd ? "end" : Time?.ToString() ?? "beginning";

    /// <summary>A time with no zone would mean another moment on another server.</summary>
    private static bool HasZone(string time) => time[^1] is 'Z' or 'z' || time[^6] is '+' or '-';
}
