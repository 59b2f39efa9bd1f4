using System.Runtime.CompilerServices;
using StreamAgg.Digests;

namespace StreamAgg.Core.Aggregation;

/// <summary>What is measured of events, not only summed: a digest of its own tells how it is spread.</summary>
/// <param name="Name">Begins its columns in the state: <c>duration_count</c>.</param>
/// <param name="Published">Ends its columns in the published rows: <c>avg_latency_ms</c>.</param>
/// <param name="DigestPrefix">Before the names of its digest's columns.</param>
/// <param name="Heading">On the page.</param>
public sealed record SpreadNames(string Name, string Published, string DigestPrefix, string Heading);

/// <summary>Every spread there is: state, columns and comparisons go through this list.</summary>
public static class Spreads
{
    /// <summary>Places in <see cref="All"/>.</summary>
    public const int Latency = 0, Ttft = 1;

    public const int Length = Ttft + 1;

    public static readonly IReadOnlyList<SpreadNames> All =
    [
        new("duration", "latency_ms", "", "latency"),
        new("ttft", "ttft_ms", "ttft_", "TTFT"),
    ];
}

/// <summary>How many values there are, and their exact sum and ends, in microseconds.</summary>
public struct Spread : IEquatable<Spread>
{
    public long Count;

    /// <summary>128 bits, enough for 1e12 values of a day each (8.64e22).</summary>
    public UInt128 SumMicros;

    /// <summary>Meaningful only where <see cref="Count"/> is not 0.</summary>
    public long MinMicros;

    /// <summary>Meaningful only where <see cref="Count"/> is not 0.</summary>
    public long MaxMicros;

    /// <summary>The double nearest to the exact mean in milliseconds; null where there is no value.</summary>
    public readonly double? MeanMilliseconds => Count == 0 ? null : ExactRatio.ToDouble(SumMicros, (UInt128)Count * 1000);

    /// <summary>Null where there is no value.</summary>
    public readonly double? MaxMilliseconds => Count == 0 ? null : MaxMicros / 1000.0;

    public void Add(long micros)
    {
        MinMicros = Count == 0 ? micros : Math.Min(MinMicros, micros);
        MaxMicros = Count == 0 ? micros : Math.Max(MaxMicros, micros);
        Count++;
        SumMicros += (ulong)micros;
    }

    public void Add(in Spread other)
    {
        if (other.Count == 0)
            return;
        MinMicros = Count == 0 ? other.MinMicros : Math.Min(MinMicros, other.MinMicros);
        MaxMicros = Count == 0 ? other.MaxMicros : Math.Max(MaxMicros, other.MaxMicros);
        Count += other.Count;
        SumMicros += other.SumMicros;
    }

    public readonly bool Equals(Spread other) => Count == other.Count && SumMicros == other.SumMicros
        && (Count == 0 || (MinMicros == other.MinMicros && MaxMicros == other.MaxMicros));

    public override readonly bool Equals(object? obj) => obj is Spread other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(Count, SumMicros);

    public static bool operator ==(Spread a, Spread b) => a.Equals(b);

    public static bool operator !=(Spread a, Spread b) => !a.Equals(b);
}

/// <summary>One for each of <see cref="Spreads"/>, in its place.</summary>
[InlineArray(Spreads.Length)]
public struct SpreadTotals
{
    private Spread first;
}

/// <summary>The encoded digest of each of <see cref="Spreads"/>; empty where there is no value.</summary>
public readonly record struct SpreadBytes(ReadOnlyMemory<byte> Latency, ReadOnlyMemory<byte> Ttft = default)
{
    public ReadOnlyMemory<byte> this[int spread] => spread == Spreads.Latency ? Latency : Ttft;

    public int Length => Latency.Length + Ttft.Length;

    public static implicit operator SpreadBytes(byte[] latency) => new(latency);

    public static implicit operator SpreadBytes(ReadOnlyMemory<byte> latency) => new(latency);
}

/// <summary>The centroids of the digest of each of <see cref="Spreads"/>; null where there is no value.</summary>
public readonly record struct SpreadCentroids(DigestCentroids? Latency, DigestCentroids? Ttft = null)
{
    public DigestCentroids? this[int spread] => spread == Spreads.Latency ? Latency : Ttft;
}

/// <summary>What a merged digest tells of a published row, in milliseconds.</summary>
public sealed record Quantiles(double P50, double P90, double P95, double P99)
{
    private const double MicrosAMillisecond = 1000;

    /// <summary>The share of the values and the column's beginning, of each.</summary>
    public static readonly IReadOnlyList<(double Q, string Name)> All = [(0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99")];

    public double this[int place] => place switch { 0 => P50, 1 => P90, 2 => P95, _ => P99 };

    public static Quantiles? Of(TDigest? digest) => digest is null ? null : new(At(digest, 0), At(digest, 1), At(digest, 2), At(digest, 3));

    private static double At(TDigest digest, int place) => digest.Quantile(All[place].Q, MicrosAMillisecond);
}
