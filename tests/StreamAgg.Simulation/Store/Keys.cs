using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Simulation.Store;

/// <summary>Finds hours by a hash that costs next to nothing: worlds have few labels, and look them up more often than anything else.</summary>
internal sealed class ByHour : IEqualityComparer<BucketKey<Hour>>
{
    public static ByHour Instance { get; } = new();

    public bool Equals(BucketKey<Hour> a, BucketKey<Hour> b) => a.Bucket == b.Bucket && a.Label == b.Label && a.Rollup == b.Rollup;

    public int GetHashCode(BucketKey<Hour> key) => (key.Bucket.SinceEpoch * 397) ^ LabelHash.Of(key.Label);
}

/// <summary>As <see cref="ByHour"/>, for days.</summary>
internal sealed class ByDay : IEqualityComparer<BucketKey<Day>>
{
    public static ByDay Instance { get; } = new();

    public bool Equals(BucketKey<Day> a, BucketKey<Day> b) => a.Bucket == b.Bucket && a.Label == b.Label && a.Rollup == b.Rollup;

    public int GetHashCode(BucketKey<Day> key) => (key.Bucket.SinceEpoch * 397) ^ LabelHash.Of(key.Label);
}

internal static class LabelHash
{
    public static int Of(string label) => label.Length == 0 ? 0 : (label.Length << 8) ^ label[0];
}
