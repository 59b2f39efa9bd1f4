using StreamAgg.Core.Time;

namespace StreamAgg.Traffic.Generating;

/// <summary>A provider fails in bursts: most of the time hardly ever, then for minutes every second or third request.</summary>
internal sealed class ErrorBursts
{
    private const double ShareInBurst = 0.4;

    private readonly SeededRandom random;
    private readonly double perDay;
    private readonly Dictionary<PlatformProfile, (Instant Start, Instant End)> next = [];

    public ErrorBursts(SeededRandom random, TrafficOptions options)
    {
        this.random = random;
        perDay = options.ErrorBurstsPerDay;
        foreach (PlatformProfile platform in options.Platforms)
            next[platform] = After(options.Start);
    }

    /// <summary>The share of the platform's requests that fail now. Time must not go back between calls.</summary>
    public double ErrorShare(PlatformProfile platform, Instant now)
    {
        var burst = next[platform];
        if (now >= burst.End)
            next[platform] = burst = After(now);
        return now >= burst.Start ? ShareInBurst : platform.ErrorShare;
    }

    private (Instant Start, Instant End) After(Instant now)
    {
        if (!(perDay > 0))
            return (Instant.MaxValue, Instant.MaxValue);
        Instant start = now + TimeSpan.FromTicks((long)(random.NextExponential() / perDay * TimeSpan.TicksPerDay));
        return (start, start + TimeSpan.FromSeconds(120 + (random.NextUnit() * 780)));
    }
}
