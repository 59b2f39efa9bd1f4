namespace StreamAgg.Pipeline.Log;

/// <summary>What <see cref="IEventLog.Poll"/> reports, on the thread that polls, in the order in which it happened.</summary>
/// <remarks>A method here never blocks and never throws for anything that the log could mend.</remarks>
public interface ILogHandler
{
    /// <summary>The next record of a partition that was started. Offsets of a partition rise, with holes.</summary>
    void OnRecord(in LogRecord record);

    /// <summary>
    /// The reader stands at <paramref name="nextOffset"/>: everything before it was delivered or is no record (control records,
    /// aborted transactions, compacted away).
    /// </summary>
    /// <remarks>
    /// Past the last record + 1 nobody knows under which epoch the log was written there: a start at this position takes no leader
    /// epoch, or a truncation would be reported that never was.
    /// </remarks>
    void OnPosition(SourcePartition source, long nextOffset);

    /// <summary>These partitions are ours now. Nothing of them is delivered until <see cref="IEventLog.Start"/>.</summary>
    void OnAssigned(IReadOnlyList<SourcePartition> partitions);

    /// <summary>
    /// These partitions are to be given up in good order. The log waits, bounded in time, until <see cref="IsReleased"/> is true for all
    /// of them, calling <see cref="Advance"/> meanwhile; then they are gone.
    /// </summary>
    void OnRevoking(IReadOnlyList<SourcePartition> partitions);

    /// <summary>True once nothing of the partition is left to be written.</summary>
    bool IsReleased(SourcePartition source);

    /// <summary>Called when the wait of <see cref="OnRevoking"/> is over, in time or not: whatever is left is dropped.</summary>
    void OnRevoked(IReadOnlyList<SourcePartition> partitions);

    /// <summary>Somebody else owns these partitions already: drop them, write nothing.</summary>
    void OnLost(IReadOnlyList<SourcePartition> partitions);

    /// <summary>
    /// The log does not hold <paramref name="offset"/> (expired, truncated, recreated): the partition stands still until it is started again.
    /// </summary>
    void OnOutOfRange(SourcePartition source, long offset, string reason);

    /// <summary>
    /// The log was cut off below <paramref name="offset"/> and has perhaps grown past it again (an unclean election): from
    /// <paramref name="sharedEnd"/> on it holds other records than those that were delivered. The partition stands still until it is started again.
    /// </summary>
    void OnTruncated(SourcePartition source, long offset, long sharedEnd, string reason) => OnOutOfRange(source, offset, reason);

    /// <summary>Does what is due and never blocks: takes finished work over, starts new work.</summary>
    void Advance();
}
