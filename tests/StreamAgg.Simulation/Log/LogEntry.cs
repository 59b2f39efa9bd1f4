using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Simulation.Log;

/// <summary>One offset of a partition: a record, or something that only takes an offset.</summary>
internal sealed class LogEntry
{
    public required long Offset { get; init; }

    public required int LeaderEpoch { get; init; }

    public required EntryKind Kind { get; set; }

    public long? TimestampMilliseconds { get; init; }

    public byte[] Value { get; init; } = [];

    /// <summary>True once a checkpoint that passes it was committed.</summary>
    public bool IsCounted { get; set; }

    /// <summary>True where another entry stood at this offset before a truncation.</summary>
    public bool IsReplacement { get; init; }

    /// <summary>What a reader of the contract makes of the record: known from its making, never from decoding it.</summary>
    public Truth Truth { get; init; } = Truth.Nothing;
}

internal enum EntryKind
{
    Record,

    /// <summary>A transaction's end: no consumer ever sees it.</summary>
    Control,

    /// <summary>A record of a transaction that is still open: no consumer sees it yet.</summary>
    Undecided,

    /// <summary>A record of a transaction that was aborted.</summary>
    Aborted,
}

/// <summary>What a record counts for.</summary>
internal sealed record Truth(TrueEvent[] Events, TrueRefusal[] Refusals)
{
    public static Truth Nothing { get; } = new([], []);
}

internal readonly record struct TrueEvent(Instant Time, string Label, long DurationMicros, StatusClass Status, bool IsTimeout);

internal readonly record struct TrueRefusal(int EventIndex, string Reason);
