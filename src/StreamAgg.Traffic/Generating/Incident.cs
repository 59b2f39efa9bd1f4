using StreamAgg.Core.Time;

namespace StreamAgg.Traffic.Generating;

/// <summary>Something that happens to one provider, or to one producer, on one day of a story.</summary>
/// <param name="What">In words: "gemini is slow".</param>
/// <param name="Platform">Whose requests it is about; null: everybody's.</param>
/// <param name="Day">From 1; after the last day of a story its first comes again, so that a day is told apart from the one before.</param>
/// <param name="From">When it begins, since midnight (UTC).</param>
/// <param name="To">When it is over.</param>
public sealed record Incident(string What, string? Platform, int Day, TimeSpan From, TimeSpan To)
{
    /// <summary>How many times as long its requests take.</summary>
    public double Slowdown { get; init; } = 1;

    /// <summary>The share of its requests that fail, as an overloaded provider fails them; 0: as ever.</summary>
    public double ErrorShare { get; init; }

    /// <summary>The share of events that arrive minutes to a day late; 0: as ever.</summary>
    public double LateShare { get; init; }

    /// <summary>The share of records that a producer wraps into an envelope that nobody told the reader of.</summary>
    public double EnvelopeShare { get; init; }

    /// <summary>A thing a day that is worth looking at: who watches knows where to look.</summary>
    public static IReadOnlyList<Incident> Story { get; } =
    [
        // What is compared with a day ago is not on the first one.
        new("a producer sends envelopes", null, 1, TimeSpan.FromHours(18), TimeSpan.FromHours(19)) { EnvelopeShare = 0.1 },
        new("gemini is slow", "gemini", 2, TimeSpan.FromHours(9), TimeSpan.FromHours(12)) { Slowdown = 6 },
        new("openai is overloaded", "openai", 3, TimeSpan.FromMinutes(860), TimeSpan.FromMinutes(880)) { ErrorShare = 0.9 },
        new("events of hours before arrive", null, 4, TimeSpan.FromHours(4), TimeSpan.FromHours(5)) { LateShare = 0.3 },
    ];

    internal bool IsOn(Instant start, int days, Instant now, string platform)
    {
        long day = (now.UnixTicks - start.Hour.Day.Start.UnixTicks) / TimeSpan.TicksPerDay, ofDay = now.UnixTicks % TimeSpan.TicksPerDay;
        return day % days == Day - 1 && ofDay >= From.Ticks && ofDay < To.Ticks && (Platform is null || Platform == platform);
    }
}
