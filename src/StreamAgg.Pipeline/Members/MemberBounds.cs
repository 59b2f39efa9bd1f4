namespace StreamAgg.Pipeline.Members;

/// <summary>What a member holds at most, in memory and in one transaction. No settings: they are here so that a simulation can reach them.</summary>
internal sealed record MemberBounds
{
    public static MemberBounds Default { get; } = new();

    /// <value>
    /// Of partials, of the checkpoint on its way and of dead letters that are not stored yet, over all members of the process. 24 partitions
    /// of 100 platforms and 4 hours, all of them busy, take 104 MB; the runtime and garbage take 149 MB more (<c>./dev bench pipeline</c>), and the
    /// client comes on top.
    /// </value>
    public long HeldBytes { get; init; } = 208L << 20;

    /// <value>
    /// Partials that no committed checkpoint holds as they are. It bounds the largest transaction, for one partition's changes belong into one:
    /// on PostgreSQL 15 so many take a second or two, of 15 that a statement may take.
    /// </value>
    public int UnsavedPartials { get; init; } = 32_768;

    /// <value>Changed partials of one checkpoint, where it is of more than one partition: the others follow at once.</value>
    public int CheckpointRows { get; init; } = 8_192;

    /// <value>Partials that one checkpoint folds: each is a row deleted, one added to and a digest merged. The others follow at once.</value>
    public int CheckpointFolds { get; init; } = 4_096;

    /// <value>Refused bytes that the dead-letter topic has not taken yet.</value>
    public long PendingLetterBytes { get; init; } = 16L << 20;
}
