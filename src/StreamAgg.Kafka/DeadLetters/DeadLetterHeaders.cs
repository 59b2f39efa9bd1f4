namespace StreamAgg.Kafka.DeadLetters;

/// <summary>The headers of a dead letter: UTF-8 text, numbers in decimal.</summary>
internal static class DeadLetterHeaders
{
    /// <summary>The topic that the refused event was read from.</summary>
    public const string Topic = "streamagg.topic";

    public const string Partition = "streamagg.partition";

    public const string Offset = "streamagg.offset";

    /// <summary>The event's place in its record, from 0, of several the first one's; absent where the whole record is refused.</summary>
    public const string EventIndex = "streamagg.event_index";

    /// <summary>How many events of the record the letter stands for; absent where it is one.</summary>
    public const string Events = "streamagg.events";

    /// <summary>The places of these events, as <c>0-57,60</c>; absent where it is one, or where they lie in over a thousand pieces.</summary>
    public const string Places = "streamagg.event_places";

    public const string Reason = "streamagg.reason";

    /// <summary>One line for a person.</summary>
    public const string Detail = "streamagg.detail";

    /// <summary>RFC 3339, of the refusal.</summary>
    public const string Time = "streamagg.time";

    /// <summary>The record's own timestamp, milliseconds since the Unix epoch; absent where it had none.</summary>
    public const string RecordTimestamp = "streamagg.record_timestamp";

    /// <summary><c>usage</c>, <c>error</c> or <c>request</c>.</summary>
    public const string Kind = "streamagg.kind";

    /// <summary>The value's whole length in bytes, where it was cut to what the topic takes.</summary>
    public const string Truncated = "streamagg.truncated";

    /// <summary>The key's whole length in bytes, where it has over 1 kB: no more of it is kept.</summary>
    public const string KeyTruncated = "streamagg.key_truncated";
}
