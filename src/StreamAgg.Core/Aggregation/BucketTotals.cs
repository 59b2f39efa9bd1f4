using System.Runtime.CompilerServices;
using StreamAgg.Core.Events;

namespace StreamAgg.Core.Aggregation;

/// <summary>Everything of a bucket but its digest: integers only, so that sums do not depend on their order.</summary>
/// <remarks>
/// Addition is commutative and associative, <c>default</c> is its identity. A sum that a long does not hold stays at the largest one.
/// </remarks>
public struct BucketTotals : IEquatable<BucketTotals>
{
    /// <summary>By the places of <see cref="Measures"/>.</summary>
    public MeasureCounts Counts;

    /// <summary>By the places of <see cref="Aggregation.Spreads"/>.</summary>
    public SpreadTotals Spreads;

    /// <summary>How many usage events had a duration.</summary>
    public long DurationCount { readonly get => Spreads[0].Count; set => Spreads[0].Count = value; }

    public UInt128 DurationSumMicros { readonly get => Spreads[0].SumMicros; set => Spreads[0].SumMicros = value; }

    public long DurationMinMicros { readonly get => Spreads[0].MinMicros; set => Spreads[0].MinMicros = value; }

    public long DurationMaxMicros { readonly get => Spreads[0].MaxMicros; set => Spreads[0].MaxMicros = value; }

    public long SuccessCount { readonly get => Counts[Measures.SuccessCount]; set => Counts[Measures.SuccessCount] = value; }

    public long ErrorCount { readonly get => Counts[Measures.ErrorCount]; set => Counts[Measures.ErrorCount] = value; }

    public long Error4xxCount { readonly get => Counts[Measures.Error4xxCount]; set => Counts[Measures.Error4xxCount] = value; }

    public long Error5xxCount { readonly get => Counts[Measures.Error5xxCount]; set => Counts[Measures.Error5xxCount] = value; }

    public long TimeoutCount { readonly get => Counts[Measures.TimeoutCount]; set => Counts[Measures.TimeoutCount] = value; }

    /// <summary>Errors that are the service's own matter: neither the client gave up nor a limit of his refused it.</summary>
    public readonly long SlaErrorCount => ErrorCount - Counts[Measures.CancelledCount] - Counts[Measures.LimitedCount];

    public readonly long RequestCount => SuccessCount + ErrorCount;

    public readonly bool IsEmpty => RequestCount == 0;

    /// <summary>100 * errors / requests; 0 where there are none.</summary>
    public readonly double ErrorRatePercent => RequestCount == 0 ? 0 : 100.0 * ErrorCount / RequestCount;

    /// <summary>The double nearest to the exact mean in milliseconds; null where no event had a duration.</summary>
    public readonly double? MeanMilliseconds => Spreads[0].MeanMilliseconds;

    /// <summary>100 * errors / requests, without the errors that are no matter of the service's; 0 where there are none.</summary>
    public readonly double SlaErrorRatePercent => SuccessCount + SlaErrorCount == 0 ? 0 : 100.0 * SlaErrorCount / (SuccessCount + SlaErrorCount);

    /// <summary>Counts one event.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(in DecodedEvent e)
    {
        Measures.Count(ref Counts, e);
        if (e.DurationMicros != DecodedEvent.NoDuration)
            Spreads[Aggregation.Spreads.Latency].Add(e.DurationMicros);
        if (e.HasTtft)
            Spreads[Aggregation.Spreads.Ttft].Add(e.TtftMicros);
    }

    public void AddDuration(long micros) => Spreads[0].Add(micros);

    public void Add(in BucketTotals other)
    {
        for (int i = 0; i < Measures.Length; i++)
            Counts[i] = Measures.Sum(Counts[i], other.Counts[i]);
        for (int i = 0; i < Aggregation.Spreads.Length; i++)
            Spreads[i].Add(other.Spreads[i]);
    }

    public readonly bool Equals(BucketTotals other) =>
        ((ReadOnlySpan<long>)Counts).SequenceEqual(other.Counts) && Spreads[0] == other.Spreads[0] && Spreads[1] == other.Spreads[1];

    public override readonly bool Equals(object? obj) => obj is BucketTotals other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(SuccessCount, ErrorCount, TimeoutCount, DurationCount, DurationSumMicros);

    public static bool operator ==(BucketTotals a, BucketTotals b) => a.Equals(b);

    public static bool operator !=(BucketTotals a, BucketTotals b) => !a.Equals(b);
}
