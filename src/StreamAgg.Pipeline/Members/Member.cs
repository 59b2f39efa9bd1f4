using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Pipeline.Members;

/// <summary>One member of the consumer group: applies records to the partitions that it owns and checkpoints them.</summary>
/// <remarks>
/// A step machine on one thread: the log calls it with what it reads, and <see cref="Advance"/> takes over what the asynchronous runs
/// (claims, checkpoints, gap searches) have finished and starts what is due. Nothing here waits, and nothing here takes a lock.
/// </remarks>
internal sealed class Member : ILogHandler, IDisposable
{
    private readonly MemberServices services;
    private readonly IEventLog log;
    private readonly EventDecoder decoder;
    private readonly ReadingGate gate;
    private readonly EventTally tally;
    private readonly Dictionary<SourcePartition, OwnedPartition> owned = [];
    private readonly CancellationTokenSource abandoned = new();
    private readonly Schedule schedule;
    private readonly StoreClock clock;

    private OwnedPartition? last;
    private CheckpointAttempt? checkpoint;
    private Task<CheckpointOutcome>? checkpointTask;
    private bool stopping;
    private long lastAdvance;

    /// <summary>
    /// When the brokers were first asked in vain; null where the last answer is one. A client whose brokers are away never learns that its
    /// session is over.
    /// </summary>
    private long? silentSince;
    private long lastCut;

    public Member(MemberServices services, IEventLog log)
    {
        this.services = services;
        this.log = log;
        decoder = new EventDecoder(services.Options.MaxFuture, services.Options.Events);
        gate = new ReadingGate(log, services.Bounds, services.Options.Consumers);
        tally = new EventTally(services.Metrics, services.Topics);
        lastAdvance = services.Time.GetTimestamp();
        clock = new StoreClock(services.Time);
        schedule = new Schedule(services.Time, services.Backoff, services.Options.CheckpointInterval);
    }

    /// <summary>Why the member can't go on; null while it can. A final checkpoint is still in order.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>True while the group counts this member in, with partitions or without. Any thread may read it.</summary>
    public bool IsJoined { get; private set; }

    /// <summary>When <see cref="Advance"/> was last called, by the monotonic clock. Any thread may read it.</summary>
    public long LastAdvance => Volatile.Read(ref lastAdvance);

    /// <summary>True once nothing that was read is left to be written.</summary>
    public bool IsAllReleased => owned.Values.All(partition => partition.IsReleased);

    /// <summary>What health and telemetry ask of it; replaced as a whole, so any thread may read it.</summary>
    public MemberStatus Status { get; private set; } = MemberStatus.Empty;

    public void OnRecord(in LogRecord record)
    {
        if (Find(record.Source) is not { State.Phase: PartitionPhase.Active } partition)
            return;
        var state = partition.State;
        if (record.Offset < state.Position)
            return;
        decoder.Decode(state.Kind, record.Value, record.TimestampMilliseconds, record.IsTombstone);
        var closedBefore = services.Metrics.ClosedBefore;
        var now = clock.Now;
        foreach (ref readonly var e in decoder.Accepted)
        {
            state.Count(e, decoder.Labels(e));
            if (state.Times.IsLater(e.Time) && !state.Times.Reach(e.Time, now))
                tally.Ahead++;
            if (e.Time < closedBefore)
                tally.Late++;
        }

        if (decoder.RefusedEvents > 0)
            Refuse(record, state);
        if (decoder.Skipped > 0)
            state.Outcomes.Skipped(decoder.Skipped);
        state.Outcomes.Accepted(decoder.Accepted.Length);
        tally.Add(state.Kind, decoder.Accepted.Length, decoder.RefusedEvents);
        if (decoder.LeftOut is { Total: > 0 } leftOut)
        {
            tally.LeftOut += leftOut;
            state.Outcomes.DurationsLeftOut(leftOut);
        }

        state.MoveTo(record.Offset + 1, record.LeaderEpoch);
    }

    public void OnPosition(SourcePartition source, long nextOffset)
    {
        if (Find(source) is { State.Phase: PartitionPhase.Active } partition && nextOffset > partition.State.Position)
            partition.State.MoveTo(nextOffset, null);
    }

    public void OnAssigned(IReadOnlyList<SourcePartition> partitions)
    {
        services.Happenings.Assigned(services.Owner, partitions);
        foreach (var source in partitions)
            owned[source] = new OwnedPartition(source, services, clock);
        last = null;
        IsJoined = true;
    }

    public void OnRevoking(IReadOnlyList<SourcePartition> partitions)
    {
        services.Happenings.Revoking(services.Owner, partitions);
        foreach (var source in partitions)
            Find(source)?.Release();
    }

    public bool IsReleased(SourcePartition source) => Find(source) is not { IsReleased: false };

    public void OnRevoked(IReadOnlyList<SourcePartition> partitions) => Forget(partitions);

    public void OnLost(IReadOnlyList<SourcePartition> partitions)
    {
        services.Happenings.Lost(services.Owner, partitions);
        IsJoined = false;
        Forget(partitions);
    }

    public void OnOutOfRange(SourcePartition source, long offset, string reason) => Find(source)?.FindGap(reason, null, abandoned.Token);

    public void OnTruncated(SourcePartition source, long offset, long sharedEnd, string reason) =>
        Find(source)?.FindGap(reason, sharedEnd, abandoned.Token);

    /// <summary>Gives all partitions up in good order: nothing more is read, what is unsaved the next <see cref="Advance"/> calls write.</summary>
    public void BeginStop()
    {
        stopping = true;
        foreach (var partition in owned.Values)
            partition.Release();
    }

    /// <summary>The time for a final checkpoint is over: what is unsaved is read again by the next owner.</summary>
    public void GiveUp()
    {
        foreach (var partition in owned.Values)
            partition.Drop();
    }

    public void Advance()
    {
        Volatile.Write(ref lastAdvance, services.Time.GetTimestamp());
        clock.Look();
        FinishCheckpoint();
        foreach (var partition in owned.Values)
            AdvancePartition(partition);
        var held = Held();
        gate.Update(held);
        StartCheckpoint(held);
        tally.Flush();
        if (!schedule.IsStatusDue())
            return;
        Status = OwnedPartition.StatusOf(owned.Values, held.Bytes, gate.IsPaused);
        bool isSilent = silentSince is { } since && services.Time.GetElapsedTime(since) > log.SessionTimeout;
        IsJoined = !isSilent && (log.IsMember || (IsJoined && owned.Count > 0));
    }

    /// <summary>Abandons whatever is still under way. What was not committed is read again by the next owner.</summary>
    public void Dispose()
    {
        abandoned.Cancel();
        abandoned.Dispose();
        Status = MemberStatus.Empty;
    }

    private void Refuse(in LogRecord record, PartitionState state)
    {
        services.DeadLetters.Send(record, decoder.Refused, Instant.FromUtc(services.Time.GetUtcNow()));
        foreach (ref readonly var refusal in decoder.Refused)
        {
            services.Metrics.LetterSent(refusal.Reason);
            state.Outcomes.Refused(refusal.Reason, refusal.Events);
        }

        // One poll delivers thousands of records: what is refused of them must not pile up till the next look at the gate.
        gate.CloseOnLetters(services.DeadLetters.PendingBytes);
    }

    private void AdvancePartition(OwnedPartition partition)
    {
        try
        {
            if (partition.Advance(abandoned.Token, mayClaim: !stopping) is not { } start)
                return;
            log.Start(partition.Source, start, partition.State.LeaderEpoch);
            log.CommitOffsets([KeyValuePair.Create(partition.Source, start)]);
        }
        catch (Exception e) when (e is PipelineStoppedException or LogFatalException)
        {
            Fault ??= e;
        }
    }

    private void StartCheckpoint(in Holdings held)
    {
        if (checkpoint is not null || !schedule.IsAttemptAllowed())
            return;
        // Partitions that are waited for go first and alone: their new owner stands still meanwhile.
        var due = Select(static partition => partition.State is { Phase: PartitionPhase.Releasing, HasUnsaved: true });
        if (due.Count == 0)
        {
            if (schedule.IsCheckpointDue() || gate.IsFull(held))
            {
                foreach (var partition in owned.Values)
                    partition.State.IsDue = true;
                schedule.CheckpointStarted();
            }

            due = Select(static partition => partition is { State: { Phase: PartitionPhase.Active, IsDue: true }, IsLookingForGap: false });
        }

        if (due.Count == 0)
            return;
        var cuts = Cut(due, gate.RestAfter(held));
        cuts.Sort((a, b) => a.Source.CompareTo(b.Source));
        checkpoint = new CheckpointAttempt(services, cuts);
        checkpointTask = checkpoint.RunAsync(abandoned.Token);
    }

    private List<OwnedPartition> Select(Func<OwnedPartition, bool> isMeant) => [.. owned.Values.Where(isMeant)];

    /// <summary>
    /// Cuts as many partitions as one transaction may hold, at least one: what changed in one belongs to its offset, and what bounds that
    /// is the gate. Who is left over stays due, and who was cut last waits longest.
    /// </summary>
    private List<PartitionCut> Cut(List<OwnedPartition> due, TimeSpan restAfter)
    {
        due.Sort(static (a, b) => a.State.LastCut.CompareTo(b.State.LastCut));
        var now = services.Time.GetElapsedTime(0);
        var cuts = new List<PartitionCut>();
        int rows = 0, folds = 0;
        foreach (var partition in due)
        {
            var state = partition.State;
            if (cuts.Count > 0 && rows + state.ChangedCount > services.Bounds.CheckpointRows)
                break;
            state.Times.Pass(clock.Now);
            var cut = state.Cut(services.Bounds.CheckpointFolds - folds, now, restAfter);
            cuts.Add(cut);
            services.Gen0Limit?.Trim();
            rows += cut.Kept.Count;
            folds += cut.Folded.Count;
            state.LastCut = ++lastCut;
            state.IsDue = state.HasFolds;
        }

        return cuts;
    }

    private void FinishCheckpoint()
    {
        if (checkpointTask is not { IsCompleted: true } finished || checkpoint is not { } run)
            return;
        (checkpoint, checkpointTask) = (null, null);
        CheckpointOutcome outcome;
        try
        {
            outcome = finished.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is LogFatalException or PipelineStoppedException)
        {
            Fault ??= e;
            schedule.Failed();
            services.Metrics.CheckpointFailed();
            foreach (var cut in run.Cuts)
                cut.State.Restore(cut);
            return;
        }

        if (outcome.BrokersAnswered is { } answered)
            silentSince = answered ? null : silentSince ?? run.StartedAt;
        if (outcome.AskedAt is { } askedAt)
            clock.Told(askedAt);
        var committed = new List<KeyValuePair<SourcePartition, long>>();
        foreach (var cut in run.Cuts)
        {
            if (Settle(cut, outcome))
                committed.Add(KeyValuePair.Create(cut.Source, cut.NextOffset));
        }

        if (committed.Count > 0)
            log.CommitOffsets(committed);
        if (outcome.Failure is { } failure)
        {
            schedule.Failed();
            services.Happenings.CheckpointFailed(failure.Message);
        }
        else
        {
            schedule.Succeeded(again: outcome.Verdicts.Values.Any(verdict => verdict.Outcome is CutOutcome.Fenced or CutOutcome.NotWritten));
            services.Metrics.CheckpointTook(services.Time.GetElapsedTime(run.StartedAt), run.Cuts.Sum(cut => cut.RowCount));
        }
    }

    /// <returns>True where the cut was committed and the partition is still ours.</returns>
    private bool Settle(PartitionCut cut, CheckpointOutcome outcome)
    {
        var verdict = outcome.Verdicts[cut.Source];
        if (verdict.Outcome == CutOutcome.Committed)
            cut.CountRequests(services.Metrics);
        if (Find(cut.Source) is not { } partition || partition.State != cut.State || cut.State.Phase == PartitionPhase.Dropped)
            return false;
        switch (verdict.Outcome)
        {
            case CutOutcome.Committed:
                cut.State.Committed(cut, verdict.Watermark);
                partition.Succeeded();
                return true;
            case CutOutcome.Unchanged:
                cut.State.Restore(cut);
                partition.Succeeded();
                return false;
            case CutOutcome.NotWritten:
                cut.State.Restore(cut);
                return false;
            default:
                // While the group still says that it is ours, it is claimed again: nobody else may be there to read it. One that is being
                // given up is not: what was unsaved is lost to us either way, and a claim would only hold up its next owner.
                if (verdict.Outcome == CutOutcome.Fenced)
                    services.Happenings.Fenced(cut.Source, verdict.Reason ?? "");
                else
                    services.Happenings.PartitionDropped(cut.Source, verdict.Reason ?? "");
                log.Stop(cut.Source);
                if (cut.State.Phase == PartitionPhase.Releasing)
                    partition.Drop();
                else
                    partition.StartOver();
                return false;
        }
    }

    internal Holdings Held()
    {
        long letters = services.DeadLetters.PendingBytes, bytes = letters;
        int unsaved = 0;
        bool canShrink = letters > 0 || checkpoint is not null;
        foreach (var partition in owned.Values)
        {
            var state = partition.State;
            bytes += state.Bytes;
            unsaved += state.ChangedCount;
            canShrink |= state.HasUnsaved || state.HasAwake;
        }

        foreach (var cut in checkpoint?.Cuts ?? [])
        {
            bytes += cut.Bytes;
            unsaved += cut.UnsavedCount;
        }

        return new Holdings(bytes, unsaved, letters, canShrink);
    }

    /// <summary>True while the log has been told to give nothing more.</summary>
    internal bool IsPaused => gate.IsPaused;

    /// <summary>The bytes of <see cref="Held"/>, counted anew.</summary>
    internal long Recount() =>
        services.DeadLetters.PendingBytes + owned.Values.Sum(static partition => partition.State.Recount())
            + (checkpoint?.Cuts.Sum(static cut => cut.Bytes) ?? 0);

    private void Forget(IReadOnlyList<SourcePartition> partitions)
    {
        foreach (var source in partitions)
        {
            if (owned.Remove(source, out var partition))
                partition.Drop();
        }

        last = null;
    }

    private OwnedPartition? Find(SourcePartition source)
    {
        // Records come in runs of one partition, and a topic's name is one instance: no hash in the common case.
        if (last is not null && last.Source.Partition == source.Partition && ReferenceEquals(last.Source.Topic, source.Topic))
            return last;
        if (!owned.TryGetValue(source, out var partition))
            return null;
        return last = partition;
    }
}
