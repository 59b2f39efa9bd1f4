using StreamAgg.Core.Time;

namespace StreamAgg.Core.Events;

/// <summary>One accepted event, ready to be counted. Small and flat: a decoder fills an array of these per record.</summary>
/// <remarks>The label lies as UTF-8 in the decoder's record (see <c>EventDecoder.Label</c>) until the next record is decoded.</remarks>
public struct DecodedEvent
{
    /// <summary>When the request was made: <c>created_at</c>, or the record's own timestamp.</summary>
    public Instant Time;

    /// <summary>Microseconds, 0 to 86,400,000,000, or <see cref="NoDuration"/>. Always absent for an error.</summary>
    public long DurationMicros { readonly get => Numbers[EventFields.Duration]; set => Numbers[EventFields.Duration] = value; }

    /// <summary>To the first token, as <see cref="DurationMicros"/>; where <see cref="HasTtft"/>.</summary>
    public long TtftMicros { readonly get => Numbers[EventFields.Ttft]; set => Numbers[EventFields.Ttft] = value; }

    /// <summary>Where the label's bytes start in the decoder's label buffer.</summary>
    public int LabelStart;

    /// <summary>How many bytes of UTF-8 the label has: 0 (no label) to 200.</summary>
    public int LabelLength;

    /// <summary>Where its labels in other rollups start among its record's, and where their ends do.</summary>
    public int OthersStart, EndsStart;

    /// <summary>All that is measured or summed, the duration too.</summary>
    public EventNumbers Numbers;

    public StatusClass Status;

    public ErrorClass Class;

    public bool IsTimeout;

    /// <summary>Its place in the record, from 0: what is refused or skipped has one too.</summary>
    public int Place;

    /// <summary>False for a request that succeeded.</summary>
    public bool IsFailure;

    public bool HasTtft;

    /// <summary>True where one of <see cref="Numbers"/> came with it that is no duration.</summary>
    public bool HasAmounts;

    public const long NoDuration = -1;
}

/// <summary>Which column a failed request's status counts in.</summary>
public enum StatusClass : byte
{
    /// <summary>No status, or one under 400.</summary>
    Other,

    /// <summary>400 to 499.</summary>
    ClientError,

    /// <summary>500 and above.</summary>
    ServerError,
}

/// <summary>Whose matter a failure was: the first that fits.</summary>
public enum ErrorClass : byte
{
    Other,

    /// <summary>Given up by the client, or status 499.</summary>
    Cancelled,

    /// <summary>Refused for quota, balance or keys.</summary>
    Limited,

    /// <summary>The upstream's status, or its own, is 429.</summary>
    RateLimited,

    /// <summary>Likewise 503 or 529.</summary>
    Overloaded,
}
