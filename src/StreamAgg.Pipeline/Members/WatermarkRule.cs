using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Members;

/// <summary>How far a partition is known to be complete.</summary>
internal static class WatermarkRule
{
    /// <summary>
    /// While behind: min(largest event time, now) - grace. At the log's end: the time at which the end was asked for - grace, for every
    /// record that was there by then lies before the position. Never less than <paramref name="stored"/>.
    /// </summary>
    /// <param name="stored">What the row says; null where it says nothing.</param>
    /// <param name="maxEventTime">Of this partition since it was claimed, of what the clock has reached; null where there is none.</param>
    /// <param name="nextOffset">The position that the watermark is to hold for.</param>
    /// <param name="endOffset">What the broker answered; null where it did not.</param>
    /// <param name="askedAt">The database's time, taken before the broker was asked.</param>
    public static Instant? Of(Instant? stored, Instant? maxEventTime, long nextOffset, long? endOffset, Instant askedAt, TimeSpan grace)
    {
        var watermark = stored;
        if (maxEventTime is { } max)
            watermark = Later(watermark, Instant.Min(max, askedAt) - grace);
        if (endOffset is { } end && nextOffset >= end)
            watermark = Later(watermark, askedAt - grace);
        return watermark;
    }

    private static Instant Later(Instant? a, Instant b) => a is { } known && known > b ? known : b;
}
