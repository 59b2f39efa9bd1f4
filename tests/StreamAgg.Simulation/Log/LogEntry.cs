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

/// <param name="Time">As it is counted.</param>
/// <param name="Label">As it is counted.</param>
/// <param name="DurationMicros">None where there is none or it was left out.</param>
/// <param name="Status">Of a failed request.</param>
/// <param name="IsTimeout">By the contract's rule.</param>
/// <param name="LeftOut">Why its duration was left out; null where it was not.</param>
internal readonly record struct TrueEvent(Instant Time, string Label, long DurationMicros, StatusClass Status, bool IsTimeout, string? LeftOut = null,
    ErrorClass Class = ErrorClass.Other)
{
    /// <summary>What its record says of its cost, in millionths; also its tokens, and of a success in microseconds its time to the first token.</summary>
    public long Amount => Math.Abs(Time.UnixTicks / 10_000 % 1000);

    /// <summary>What its record says of its model.</summary>
    public string Model => Models[Amount % Models.Length];

    private static readonly string[] Models = ["m-1", "m-2", ""];
}

/// <param name="EventIndex">Of several events the first one's.</param>
/// <param name="Reason">As the contract names it.</param>
/// <param name="Events">How many events one letter stands for.</param>
internal readonly record struct TrueRefusal(int EventIndex, string Reason, int Events = 1);
