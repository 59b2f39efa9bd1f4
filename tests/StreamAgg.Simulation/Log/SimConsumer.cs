using StreamAgg.Pipeline.Log;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Proof;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Log;

/// <summary>One member's client. A poll never waits here: the world calls it again, and its waits are virtual time.</summary>
internal sealed class SimConsumer(
    string name, Cluster cluster, SimGroup group, Scheduler scheduler, Prng chance, DeliveryBook book, Happenings happenings, Trace trace) : IEventLog
{
    private readonly SortedList<SourcePartition, Fetch> assigned = [];
    private IReadOnlyList<SourcePartition>? revoking;
    private long revokingUntilMicros;
    private int seenVersion = -1;
    private int seenMetadata = -1;
    private bool isSubscribed;
    private bool isPaused;
    private bool isCutOff;
    private bool hasJoined;

    public string Name { get; } = name;

    public int SeenGeneration { get; private set; }

    /// <summary>True while it has something that the group's present generation does not know it to have kept.</summary>
    public bool HoldsUp(int generation) => assigned.Count > 0 && (SeenGeneration != generation || revoking is not null);

    /// <summary>How long the log waits for a revocation in good order.</summary>
    public long RevocationTimeoutMicros { get; init; } = 10_000_000;

    /// <summary>The entry that is being delivered: what a refusal in it belongs to.</summary>
    public LogEntry? Delivering { get; private set; }

    /// <summary>While set, the client hears nothing from the coordinator and goes on fetching what it believes to own.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>Of a record: that the one before it is delivered once more in front of it.</summary>
    public double RedeliverChance { get; init; }

    /// <summary>True while the member may claim the partition: the group gave it, and nobody has asked for it back.</summary>
    public bool Owns(SourcePartition source) => assigned.ContainsKey(source) && revoking?.Contains(source) != true;

    /// <summary>How many records were handed over.</summary>
    public long Delivered { get; private set; }

    /// <summary>Deliveries stop being made in large batches: one record a poll makes the most of every race.</summary>
    public int BatchSize { get; init; } = 20;

    public void Subscribe()
    {
        isSubscribed = true;
        group.Join(this);
    }

    /// <summary>The coordinator has given this member up; it hears of it at a poll.</summary>
    public void Expel(string why)
    {
        if (!group.IsMember(this))
            return;
        happenings.Count(Happening.MemberExpelled);
        isCutOff = true;
        group.Remove(this, why);
    }

    public void Poll(TimeSpan timeout, ILogHandler handler)
    {
        if (!isSubscribed)
            return;
        if (revoking is not null)
        {
            WaitForRelease(handler);
            return;
        }

        if (isCutOff && !IsDeaf)
            HearOfLoss(handler);
        else if (!isCutOff && !IsDeaf)
            FollowGroup(handler);
        if (revoking is null)
            Deliver(handler);
    }

    public void Start(SourcePartition source, long nextOffset, int? leaderEpoch)
    {
        if (trace.IsOn)
            trace.Write(Name, $"starts {source} at {nextOffset} (leader epoch {leaderEpoch})");
        if (!assigned.TryGetValue(source, out Fetch? fetch))
            return;
        fetch.IsStarted = true;
        fetch.Position = nextOffset;
        fetch.LeaderEpoch = leaderEpoch;
        fetch.Session = book.Started(Name, source);
    }

    /// <summary>Where the next fetch goes; null where the partition is not assigned.</summary>
    public long? PositionOf(SourcePartition source) => assigned.TryGetValue(source, out Fetch? fetch) ? fetch.Position : null;

    public void Stop(SourcePartition source)
    {
        if (assigned.TryGetValue(source, out Fetch? fetch))
            fetch.IsStarted = false;
    }

    public void Pause()
    {
        happenings.Count(Happening.MemberPaused);
        isPaused = true;
    }

    public void Resume() => isPaused = false;

    public void CommitOffsets(IReadOnlyCollection<KeyValuePair<SourcePartition, long>> nextOffsets)
    {
        // For lag tools only: nothing in the simulation reads them back, which is the point.
    }

    public void Close(ILogHandler handler)
    {
        if (assigned.Count > 0)
        {
            SourcePartition[] held = [.. assigned.Keys];
            handler.OnRevoking(held);
            handler.Advance();
            handler.OnRevoked(held);
            assigned.Clear();
        }
        isSubscribed = false;
        group.Remove(this, "leaves");
    }

    public void Dispose() => isSubscribed = false;

    private void HearOfLoss(ILogHandler handler)
    {
        if (assigned.Count > 0)
        {
            happenings.Count(Happening.PartitionsLost);
            SourcePartition[] held = [.. assigned.Keys];
            assigned.Clear();
            handler.OnLost(held);
        }
        isCutOff = false;
        group.Join(this);
    }

    private void FollowGroup(ILogHandler handler)
    {
        if (group.Version == seenVersion)
            return;
        List<SourcePartition> revoked = group.ToRevoke(this, assigned.Keys, group.Generation != SeenGeneration);
        SeenGeneration = group.Generation;
        if (revoked.Count > 0)
        {
            revoking = revoked;
            revokingUntilMicros = scheduler.NowMicros + RevocationTimeoutMicros;
            handler.OnRevoking(revoked);
            return;
        }

        seenVersion = group.Version;
        List<SourcePartition> taken = group.Take(this);
        if (taken.Count == 0 && hasJoined)
            return;
        hasJoined = true;
        foreach (SourcePartition source in taken)
            assigned[source] = new Fetch { Partition = cluster.Find(source) };
        if (trace.IsOn)
            trace.Write(Name, $"is assigned {string.Join(", ", taken)}");
        handler.OnAssigned(taken);
    }

    private void WaitForRelease(ILogHandler handler)
    {
        IReadOnlyList<SourcePartition> waiting = revoking!;
        handler.Advance();
        bool isReleased = true;
        foreach (SourcePartition source in waiting)
            isReleased &= handler.IsReleased(source);
        if (!isReleased && scheduler.NowMicros < revokingUntilMicros)
            return;
        happenings.Count(isReleased ? Happening.RevokedInTime : Happening.RevokedTooLate);
        if (trace.IsOn)
            trace.Write(Name, $"gives up {string.Join(", ", waiting)} {(isReleased ? "in good order" : "out of time")}");
        handler.OnRevoked(waiting);
        foreach (SourcePartition source in waiting)
            assigned.Remove(source);
        revoking = null;
        if (!isCutOff)
            group.Released(this, waiting);
    }

    private void Deliver(ILogHandler handler)
    {
        if (isPaused || assigned.Count == 0)
            return;
        if (seenMetadata != cluster.MetadataVersion)
            FindPartitions();
        int left = BatchSize;
        // By index: a handler that is told of a record may start and stop partitions, never add or remove one.
        for (int i = 0; i < assigned.Count; i++)
        {
            SourcePartition source = assigned.GetKeyAtIndex(i);
            Fetch fetch = assigned.GetValueAtIndex(i);
            if (!fetch.IsStarted)
                continue;
            if (fetch.Partition is not { } partition || partition.IsStuck)
            {
                happenings.Count(Happening.FetchStuck);
                continue;
            }

            if (OutOfRange(partition, fetch) is { } reason)
            {
                fetch.IsStarted = false;
                fetch.Session?.Stopped();
                happenings.Count(Happening.OutOfRange);
                if (trace.IsOn)
                    trace.Write(Name, $"finds {source} out of range at {fetch.Position}: {reason}");
                if (fetch.LeaderEpoch is { } epoch && partition.EndOfEpoch(epoch) < fetch.Position)
                    handler.OnTruncated(source, fetch.Position, partition.EndOfEpoch(epoch), reason);
                else
                    handler.OnOutOfRange(source, fetch.Position, reason);
                continue;
            }
            if (fetch.Position < partition.StableEnd)
                left -= DeliverFrom(handler, partition, fetch, chance.Below(left + 1));
        }
    }

    private void FindPartitions()
    {
        foreach (var (source, fetch) in assigned)
            fetch.Partition = cluster.Find(source);
        seenMetadata = cluster.MetadataVersion;
    }

    private static string? OutOfRange(SimPartition partition, Fetch fetch)
    {
        if (fetch.Position < partition.Beginning)
            return "offset expired";
        if (fetch.Position > partition.End)
            return "offset out of range";
        return fetch.LeaderEpoch is { } epoch && partition.EndOfEpoch(epoch) < fetch.Position ? "log truncated" : null;
    }

    private int DeliverFrom(ILogHandler handler, SimPartition partition, Fetch fetch, int most)
    {
        int delivered = 0;
        long before = fetch.Position;
        while (delivered < most && fetch.IsStarted && !isPaused && fetch.Position < partition.StableEnd)
        {
            LogEntry entry = partition[fetch.Position];
            fetch.Position++;
            fetch.LeaderEpoch = entry.LeaderEpoch;
            if (entry.Kind != EntryKind.Record)
            {
                happenings.Count(entry.Kind == EntryKind.Control ? Happening.ControlRecord : Happening.TransactionAborted);
                continue;
            }

            if (entry.Offset > before && chance.Chance(RedeliverChance) && partition[entry.Offset - 1] is { Kind: EntryKind.Record } previous)
            {
                happenings.Count(Happening.Redelivered);
                Hand(handler, partition, previous);
            }
            delivered++;
            fetch.Session?.Delivered(entry);
            Hand(handler, partition, entry);
        }
        if (fetch.Position != before && fetch.IsStarted)
            handler.OnPosition(partition.Source, fetch.Position);
        return delivered;
    }

    private void Hand(ILogHandler handler, SimPartition partition, LogEntry entry)
    {
        Delivering = entry;
        Delivered++;
        handler.OnRecord(new LogRecord
        {
            Source = partition.Source,
            Offset = entry.Offset,
            LeaderEpoch = entry.LeaderEpoch,
            TimestampMilliseconds = entry.TimestampMilliseconds,
            Value = entry.Value,
        });
        Delivering = null;
    }

    private sealed class Fetch
    {
        public bool IsStarted { get; set; }

        /// <summary>In the incarnation of <see cref="seenMetadata"/>; null where the topic is gone.</summary>
        public SimPartition? Partition { get; set; }

        public DeliveryBook.Session? Session { get; set; }

        public long Position { get; set; }

        public int? LeaderEpoch { get; set; }
    }
}
