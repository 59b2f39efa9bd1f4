using StreamAgg.Core.Events;

namespace StreamAgg.Kafka.DeadLetters;

/// <summary>A refused event as it lies in the dead letters' topic.</summary>
public sealed record DeadLetter
{
    /// <summary>Where it was read from: topic, partition and offset of the source.</summary>
    public required string Topic { get; init; }

    public required int Partition { get; init; }

    public required long Offset { get; init; }

    /// <summary>The event's place in its record, of several the first one's; null where the whole record was refused.</summary>
    public int? EventIndex { get; init; }

    /// <summary>How many events the letter stands for: over 1 where over a hundred of one record were refused.</summary>
    public long Events { get; init; } = 1;

    /// <summary>The places of these events in the record; null where it is one, or where nobody could write them down.</summary>
    public EventPlaces? Places { get; init; }

    public required string Reason { get; init; }

    public required string Detail { get; init; }

    /// <summary>RFC 3339, of the refusal.</summary>
    public required string Time { get; init; }

    /// <summary>Milliseconds since the Unix epoch; null where the record had none.</summary>
    public long? RecordTimestampMilliseconds { get; init; }

    /// <summary><c>usage</c>, <c>error</c> or <c>request</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The first 1 kB of the record's key; null where it had none.</summary>
    public byte[]? Key { get; init; }

    /// <summary>The refused event's own bytes, or the whole record's where it was refused whole or the letter stands for several events.</summary>
    public required byte[] Value { get; init; }

    /// <summary>How long the value was before it was cut to what the topic takes; null where it is whole.</summary>
    public long? LengthBeforeCut { get; init; }

    /// <summary>How long the key was, of which 1 kB is kept; null where it is whole.</summary>
    public long? KeyLengthBeforeCut { get; init; }
}
