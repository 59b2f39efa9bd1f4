using System.Runtime.CompilerServices;
using StreamAgg.Core.Events;

namespace StreamAgg.Core.Aggregation;

/// <summary>Everything of a bucket but its digest: integers only, so that sums do not depend on their order.</summary>
/// <remarks>
/// Addition is commutative and associative, <c>default</c> is its identity. Durations are microseconds; their sum is 128 bits wide,
/// enough for 1e12 events of a day each (8.64e22).
/// </remarks>
public struct BucketTotals : IEquatable<BucketTotals>
{
    /// <summary>By the places of <see cref="Measures"/>.</summary>
    public MeasureCounts Counts;

    /// <summary>How many usage events had a duration.</summary>
    public long DurationCount;

    public UInt128 DurationSumMicros;

    /// <summary>Meaningful only where <see cref="DurationCount"/> is not 0.</summary>
    public long DurationMinMicros;

    /// <summary>Meaningful only where <see cref="DurationCount"/> is not 0.</summary>
    public long DurationMaxMicros;

    public long SuccessCount { readonly get => Counts[Measures.SuccessCount]; set => Counts[Measures.SuccessCount] = value; }

    public long ErrorCount { readonly get => Counts[Measures.ErrorCount]; set => Counts[Measures.ErrorCount] = value; }

    public long Error4xxCount { readonly get => Counts[Measures.Error4xxCount]; set => Counts[Measures.Error4xxCount] = value; }

    public long Error5xxCount { readonly get => Counts[Measures.Error5xxCount]; set => Counts[Measures.Error5xxCount] = value; }

    public long TimeoutCount { readonly get => Counts[Measures.TimeoutCount]; set => Counts[Measures.TimeoutCount] = value; }

    public readonly long RequestCount => SuccessCount + ErrorCount;

    public readonly bool IsEmpty => RequestCount == 0;

    /// <summary>100 * errors / requests; 0 where there are none.</summary>
    public readonly double ErrorRatePercent => RequestCount == 0 ? 0 : 100.0 * ErrorCount / RequestCount;

    /// <summary>The double nearest to the exact mean in milliseconds; null where no event had a duration.</summary>
    public readonly double? MeanMilliseconds =>
        DurationCount == 0 ? null : ExactRatio.ToDouble(DurationSumMicros, (UInt128)DurationCount * 1000);

    /// <summary>Counts one event.</summary>
    /// <returns>True where it has a duration.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Count(in DecodedEvent e)
    {
        Measures.Count(ref Counts, e);
        if (e.IsFailure || e.DurationMicros == DecodedEvent.NoDuration)
            return false;
        AddDuration(e.DurationMicros);
        return true;
    }

    public void AddDuration(long micros)
    {
        DurationMinMicros = DurationCount == 0 ? micros : Math.Min(DurationMinMicros, micros);
        DurationMaxMicros = DurationCount == 0 ? micros : Math.Max(DurationMaxMicros, micros);
        DurationCount++;
        DurationSumMicros += (ulong)micros;
    }

    public void Add(in BucketTotals other)
    {
        for (int i = 0; i < Measures.Length; i++)
            Counts[i] += other.Counts[i];
        if (other.DurationCount == 0)
            return;
        DurationMinMicros = DurationCount == 0 ? other.DurationMinMicros : Math.Min(DurationMinMicros, other.DurationMinMicros);
        DurationMaxMicros = DurationCount == 0 ? other.DurationMaxMicros : Math.Max(DurationMaxMicros, other.DurationMaxMicros);
        DurationCount += other.DurationCount;
        DurationSumMicros += other.DurationSumMicros;
    }

    public readonly bool Equals(BucketTotals other) =>
        ((ReadOnlySpan<long>)Counts).SequenceEqual(other.Counts) && DurationCount == other.DurationCount
            && DurationSumMicros == other.DurationSumMicros
        && (DurationCount == 0 || (DurationMinMicros == other.DurationMinMicros && DurationMaxMicros == other.DurationMaxMicros));

    public override readonly bool Equals(object? obj) => obj is BucketTotals other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(SuccessCount, ErrorCount, TimeoutCount, DurationCount, DurationSumMicros);

    public static bool operator ==(BucketTotals a, BucketTotals b) => a.Equals(b);

    public static bool operator !=(BucketTotals a, BucketTotals b) => !a.Equals(b);
}
