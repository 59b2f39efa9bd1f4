using StreamAgg.Core.Time;

namespace StreamAgg.Traffic.Generating;

/// <summary>What the simulated gateway's day looks like. The same options give the same records, byte for byte.</summary>
public sealed record TrafficOptions
{
    public ulong Seed { get; init; } = 1;

    /// <summary>The first moment of the virtual clock.</summary>
    public required Instant Start { get; init; }

    /// <summary>Events a second of event time, averaged over a day: more by day, fewer by night.</summary>
    /// <value>Above 0.</value>
    public double EventsPerSecond { get; init; } = 3;

    /// <summary>Successes and failures in the same records, as a topic of requests has them.</summary>
    public bool IsOneTopic { get; init; }

    public IReadOnlyList<PlatformProfile> Platforms { get; init; } = PlatformProfile.Usual;

    /// <summary>The share of records that hold several events.</summary>
    public double BatchShare { get; init; } = 0.03;

    /// <summary>The share of events that arrive minutes to a day after they happened.</summary>
    public double LateShare { get; init; } = 0.01;

    /// <summary>The share of events that must be refused.</summary>
    public double PoisonShare { get; init; } = 0.003;

    /// <summary>Bursts of errors a day and platform; each lasts minutes.</summary>
    public double ErrorBurstsPerDay { get; init; } = 4;

    /// <summary>What happens on certain days, beside what happens at random.</summary>
    public IReadOnlyList<Incident> Incidents { get; init; } = [];
}

/// <summary>How one provider behaves.</summary>
/// <param name="Platform">The label, at most 50 code points; may be empty.</param>
/// <param name="Weight">Its share of requests, relative to the others'.</param>
/// <param name="MedianMs">Half of its requests are faster.</param>
/// <param name="Spread">The deviation of the logarithm: 0.5 is steady, 1 has a long tail.</param>
/// <param name="ErrorShare">How many of its requests fail outside of bursts.</param>
/// <param name="SlowShare">
/// How many of its requests go to a second model, which answers within 2 ms of <paramref name="SlowMs"/>: about 0.01 puts p99 beside a
/// jump.
/// </param>
/// <param name="SlowMs">Milliseconds; meaningless where nothing is slow.</param>
public sealed record PlatformProfile(
    string Platform, double Weight, double MedianMs, double Spread, double ErrorShare, double SlowShare = 0, double SlowMs = 0)
{
    public static IReadOnlyList<PlatformProfile> Usual { get; } =
    [
        new("anthropic", 34, 2400, 0.75, 0.010),
        new("openai", 30, 1500, 0.85, 0.014),
        new("gemini", 17, 900, 0.70, 0.012),
        new("bedrock", 9, 2900, 0.45, 0.020, SlowShare: 0.011, SlowMs: 30_000),
        new("antigravity", 6, 3500, 0.95, 0.035),
        new("深度求索", 3, 5200, 0.80, 0.025),
        new("", 1, 700, 1.10, 0.050),
    ];
}
