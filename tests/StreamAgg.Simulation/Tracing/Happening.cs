namespace StreamAgg.Simulation.Tracing;

/// <summary>Faults and rare branches that are counted: one that two thousand worlds never took fails the run.</summary>
internal enum Happening
{
    Checkpoint,
    CheckpointFenced,
    CheckpointOfNothing,
    Claim,
    ClaimAgain,
    Fold,
    FoldMeetsBase,
    FoldUnchanged,
    LateEventAfterFold,
    LockWait,
    LockTimeout,
    StatementRefused,
    ConnectionLost,
    DatabaseReadOnly,
    DatabaseRefuses,
    DatabaseStalls,
    DatabaseRestarts,
    IdleSessionEnded,
    CommitLostButDone,
    CommitLostAndUndone,
    CommitLostAndLate,
    HourPublished,
    HourPublishedAgain,
    HourUnchanged,
    HourSkippedByGuard,
    DayPublished,
    DayPublishedAgain,
    DaySkippedByGuard,
    SnapshotAged,
    MarkMovedOn,
    MarkSkippedLocked,
    ForeignRowKept,
    ForeignRowReplaced,
    DayHeld,
    MemberKilled,
    MemberFrozen,
    MemberStoppedInOrder,
    MemberExpelled,
    MemberCutOff,
    PartitionsLost,
    RebalanceCooperative,
    RebalanceEager,
    RevokedInTime,
    RevokedTooLate,
    PartitionAdded,
    TopicRecreated,
    TopicAdoptedAnew,
    LeaderElected,
    LogTruncated,
    LogExpired,
    OutOfRange,
    GapRecorded,
    TransactionAborted,
    ControlRecord,
    FetchStuck,
    MetadataUnavailable,
    MetadataPartial,
    DeadLetter,
    DeadLettersStuck,
    RecordRefused,
    EventRefused,
    RefusalsCollapsed,
    DurationLeftOut,
    Batch,
    LateEvent,
    LabelOverflow,
    FutureTimestamp,
    RebalanceStorm,
    LettersRefused,
    Rebuilt,
    Filled,
    FillRefused,
    Replayed,
    ReplayedAgain,
    Redelivered,
    StartedAtEnd,
    StartedAtTime,
    ClockBack,
    ClockJump,
    IdleWatermark,
    MemberPaused,
    RollupAdded,
    RollupMoved,
    RollupsRefused,
    RollupRebuilt,
    RollupLeftOut,
}

/// <summary>How often each happening was met in a world, or in many.</summary>
internal sealed class Happenings
{
    private readonly long[] counts = new long[Enum.GetValues<Happening>().Length];

    public long this[Happening happening] => counts[(int)happening];

    public void Count(Happening happening) => counts[(int)happening]++;

    public void Add(Happenings other)
    {
        for (int i = 0; i < counts.Length; i++)
            counts[i] += other.counts[i];
    }
}
