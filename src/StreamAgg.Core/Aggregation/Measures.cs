using System.Runtime.CompilerServices;
using StreamAgg.Core.Events;

namespace StreamAgg.Core.Aggregation;

/// <summary>What is counted of events and summed over partitions, hours and days, with its column in the state and in the published rows.</summary>
public static class Measures
{
    /// <summary>Places in <see cref="All"/> and in <see cref="BucketTotals.Counts"/>.</summary>
    public const int SuccessCount = 0, ErrorCount = 1, Error4xxCount = 2, Error5xxCount = 3, TimeoutCount = 4;

    public const int Length = TimeoutCount + 1;

    /// <summary>Column, and heading on the page.</summary>
    public static readonly IReadOnlyList<(string Column, string Heading)> All =
    [
        ("success_count", "Success"),
        ("error_count", "Errors"),
        ("error_4xx_count", "4xx"),
        ("error_5xx_count", "5xx"),
        ("timeout_count", "Timeouts"),
    ];

    // Once an event: every line names its place, for a loop or a delegate would cost more than the addition.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Count(ref MeasureCounts counts, in DecodedEvent e)
    {
        if (!e.IsFailure)
        {
            counts[SuccessCount]++;
            return;
        }
        counts[ErrorCount]++;
        if (e.Status == StatusClass.ClientError)
            counts[Error4xxCount]++;
        else if (e.Status == StatusClass.ServerError)
            counts[Error5xxCount]++;
        if (e.IsTimeout)
            counts[TimeoutCount]++;
    }
}

/// <summary>A number for each of <see cref="Measures"/>, in its place.</summary>
[InlineArray(Measures.Length)]
public struct MeasureCounts
{
    private long first;
}
