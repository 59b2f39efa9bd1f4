using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Options;

/// <summary>Where a topic starts that this pipeline has never read: its beginning, its end, or a time.</summary>
public readonly record struct StartPosition
{
    private StartPosition(StartKind kind, Instant time) => (Kind, Time) = (kind, time);

    public static StartPosition Beginning => default;

    public static StartPosition End => new(StartKind.End, default);

    public StartKind Kind { get; }

    /// <summary>Meaningful for <see cref="StartKind.Time"/> only.</summary>
    public Instant Time { get; }

    public static StartPosition At(Instant time) => new(StartKind.Time, time);

    public override string ToString() => Kind switch
    {
        StartKind.Beginning => "beginning",
        StartKind.End => "end",
        _ => Time.ToString(),
    };
}

/// <summary>What a <see cref="StartPosition"/> is.</summary>
public enum StartKind
{
    Beginning,
    End,
    Time,
}
