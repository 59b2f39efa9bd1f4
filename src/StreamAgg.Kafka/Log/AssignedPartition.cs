using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <summary>
/// One partition of this member: what its owner wants of it, and what the native client was told. The two are brought together
/// between batches only, when no fetched record is in hand; till then whatever arrives is dropped.
/// </summary>
internal sealed class AssignedPartition(SourcePartition source, long assignedAt)
{
    public SourcePartition Source { get; } = source;

    /// <summary>True from Start to Stop, revocation, or out of range.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>
    /// True while the client stands, by a seek that it confirmed, where <see cref="NextOffset"/> says. False drops what is fetched:
    /// a record from before a seek can't be told from one after it by its offset.
    /// </summary>
    public bool IsRunning { get; set; }

    /// <summary>True where the client was told not to fetch.</summary>
    public bool IsParked { get; set; }

    /// <summary>True after the client has met an offset that is not there: it then refuses seeks until it is given the partition anew.</summary>
    public bool NeedsReassignment { get; private set; }

    /// <summary>The next offset to be delivered: everything below was, or is no record.</summary>
    public long NextOffset { get; private set; }

    /// <summary>The epoch of the record just before <see cref="NextOffset"/>; null where none is known.</summary>
    public int? LeaderEpoch { get; private set; }

    /// <summary>When the client was given the partition, on the injected clock.</summary>
    public long AssignedAt { get; private set; } = assignedAt;

    private bool isDoubted;

    public void Start(long nextOffset, int? leaderEpoch)
    {
        IsStarted = true;
        IsRunning = false;
        isDoubted = false;
        NextOffset = nextOffset;
        LeaderEpoch = leaderEpoch;
    }

    public void Stop()
    {
        IsStarted = false;
        IsRunning = false;
    }

    /// <summary>False for a record from before the position: it was delivered already.</summary>
    public bool Accepts(long offset) => offset >= NextOffset;

    public void Delivered(long offset, int? leaderEpoch)
    {
        NextOffset = offset + 1;
        LeaderEpoch = leaderEpoch;
        isDoubted = false;
    }

    /// <returns>False where the position is no news.</returns>
    public bool ReachedEnd(long offset)
    {
        isDoubted = false;
        if (offset < NextOffset)
            return false;

        if (offset > NextOffset)
        {
            // Passed over control records, written maybe under a later epoch than the last record's: holding this position
            // against that epoch's end would report a truncation that never was.
            LeaderEpoch = null;
            NextOffset = offset;
        }

        return true;
    }

    /// <summary>The client met an offset that the log does not hold.</summary>
    /// <returns>
    /// True where that is certain. The report bears no mark of the seek that it belongs to, so one from before the last seek looks
    /// the same: the first is answered by another try, the second is believed.
    /// </returns>
    public bool MetMissingOffset()
    {
        NeedsReassignment = true;
        IsRunning = false;
        if (!IsStarted || !isDoubted)
        {
            isDoubted = IsStarted;
            return false;
        }

        IsStarted = false;
        return true;
    }

    public void Reassigned(long now)
    {
        NeedsReassignment = false;
        AssignedAt = now;
    }

    /// <summary>The client never began to fetch: it is given the partition again.</summary>
    public void DemandReassignment() => NeedsReassignment = true;
}
