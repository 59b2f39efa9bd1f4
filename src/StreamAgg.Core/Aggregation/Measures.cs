using System.Runtime.CompilerServices;
using StreamAgg.Core.Events;

namespace StreamAgg.Core.Aggregation;

/// <summary>What is counted of events and summed over partitions, hours and days, with its column in the state and in the published rows.</summary>
public static class Measures
{
    /// <summary>Places in <see cref="All"/> and in <see cref="BucketTotals.Counts"/>.</summary>
    public const int SuccessCount = 0, ErrorCount = 1, Error4xxCount = 2, Error5xxCount = 3, TimeoutCount = 4,
        CancelledCount = 5, LimitedCount = 6, RateLimitedCount = 7, OverloadedCount = 8,
        InputTokens = 9, OutputTokens = 10, CacheReadTokens = 11, CacheWriteTokens = 12, CostUsd = 13;

    public const int Length = CostUsd + 1;

    public static readonly IReadOnlyList<Measure> All =
    [
        new("success_count", "Success"),
        new("error_count", "Errors"),
        new("error_4xx_count", "4xx"),
        new("error_5xx_count", "5xx"),
        new("timeout_count", "Timeouts"),
        new("cancelled_count", "Cancelled"),
        new("limited_count", "Limited"),
        new("rate_limited_count", "Rate limited"),
        new("overloaded_count", "Overloaded"),
        new("input_tokens", "Input tokens"),
        new("output_tokens", "Output tokens"),
        new("cache_read_tokens", "Cache read"),
        new("cache_write_tokens", "Cache write"),
        new("cost_usd", "Cost $", Decimals: 6),
    ];

    // Once an event: every line names its place, for a loop or a delegate would cost more than the addition.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Count(ref MeasureCounts counts, in DecodedEvent e)
    {
        if (e.HasAmounts)
            CountAmounts(ref counts, e);
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
        if (e.Class != ErrorClass.Other)
            counts[CancelledCount + (e.Class - ErrorClass.Cancelled)]++;
    }

    /// <summary>Of two that are not negative. Stays at the largest long: no producer's numbers may stop a pipeline, or make a sum negative.</summary>
    internal static long Sum(long a, long b) => a + b is var sum && sum >= 0 ? sum : long.MaxValue;

    private static void CountAmounts(ref MeasureCounts counts, in DecodedEvent e)
    {
        counts[InputTokens] = Sum(counts[InputTokens], e.Numbers[EventFields.InputTokens]);
        counts[OutputTokens] = Sum(counts[OutputTokens], e.Numbers[EventFields.OutputTokens]);
        counts[CacheReadTokens] = Sum(counts[CacheReadTokens], e.Numbers[EventFields.CacheReadTokens]);
        counts[CacheWriteTokens] = Sum(counts[CacheWriteTokens], e.Numbers[EventFields.CacheWriteTokens]);
        counts[CostUsd] = Sum(counts[CostUsd], e.Numbers[EventFields.CostUsd]);
    }
}

/// <summary>A column that is summed.</summary>
/// <param name="Heading">On the page.</param>
/// <param name="Decimals">It is kept as a whole number of units of the last one.</param>
public sealed record Measure(string Column, string Heading, int Decimals = 0)
{
    /// <summary>A sum as the published rows show it: a long, or a decimal.</summary>
    public object Published(long sum) => Decimals == 0 ? (object)sum : new decimal((int)sum, (int)(sum >> 32), 0, false, (byte)Decimals);
}

/// <summary>A number for each of <see cref="Measures"/>, in its place.</summary>
[InlineArray(Measures.Length)]
public struct MeasureCounts
{
    private long first;
}
