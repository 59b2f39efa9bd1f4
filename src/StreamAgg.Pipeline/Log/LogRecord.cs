namespace StreamAgg.Pipeline.Log;

/// <summary>One record as it lies in the client's memory. Valid only during <see cref="ILogHandler.OnRecord"/>.</summary>
public readonly ref struct LogRecord
{
    /// <summary>The topic string is the same instance for every record of a topic, so that it can be compared by reference.</summary>
    public required SourcePartition Source { get; init; }

    public required long Offset { get; init; }

    /// <summary>The leader epoch that the record was written under; null where the broker does not say.</summary>
    public int? LeaderEpoch { get; init; }

    /// <summary>Milliseconds since the Unix epoch; null where the record has no timestamp.</summary>
    public long? TimestampMilliseconds { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>False where the key is null, which is not the same as empty.</summary>
    public bool HasKey { get; init; }

    /// <summary>Empty where the value is null: both are refused alike.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>True where the value is null, which is not the same as empty.</summary>
    public bool IsTombstone { get; init; }
}
