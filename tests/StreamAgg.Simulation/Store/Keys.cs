using StreamAgg.Pipeline.Store;

namespace StreamAgg.Simulation.Store;

/// <summary>Finds hours by a hash that costs next to nothing: worlds have few labels, and look them up more often than anything else.</summary>
internal sealed class ByHour : IEqualityComparer<HourKey>
{
    public static ByHour Instance { get; } = new();

    public bool Equals(HourKey a, HourKey b) => a.Hour == b.Hour && a.Platform == b.Platform;

    public int GetHashCode(HourKey key) => (key.Hour.SinceEpoch * 397) ^ LabelHash.Of(key.Platform);
}

/// <summary>As <see cref="ByHour"/>, for days.</summary>
internal sealed class ByDay : IEqualityComparer<DayKey>
{
    public static ByDay Instance { get; } = new();

    public bool Equals(DayKey a, DayKey b) => a.Day == b.Day && a.Platform == b.Platform;

    public int GetHashCode(DayKey key) => (key.Day.SinceEpoch * 397) ^ LabelHash.Of(key.Platform);
}

internal static class LabelHash
{
    public static int Of(string label) => label.Length == 0 ? 0 : (label.Length << 8) ^ label[0];
}
