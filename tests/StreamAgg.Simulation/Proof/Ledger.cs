using System.Runtime.InteropServices;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Letters;
using StreamAgg.Simulation.Log;
using StreamAgg.Simulation.Members;
using StreamAgg.Simulation.Store;
using StreamAgg.Simulation.Swarm;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Proof;

/// <summary>
/// The naive recount: a second book of everything that was committed, kept from what was delivered under each claim. Compared with the
/// tables in the instant of every commit, and with the whole log at rest.
/// </summary>
internal sealed partial class Ledger(
    Database database, Cluster cluster, DatabaseClock clock, DeliveryBook book, LetterBook letters, WorldPlan plan, PipelineTopics topics,
    Happenings happenings, Action<string, string> fail, Func<string, SimMember> memberOf) : IStoreWitness
{
    private readonly PipelineOptions options = plan.Options;
    private readonly TableInvariants tables = new(database, plan, happenings, fail);
    private readonly Dictionary<BucketKey<Hour>, Account> hours = new(ByHour.Instance);
    private readonly Dictionary<BucketKey<Day>, Account> days = new(ByDay.Instance);

    /// <summary>Of the rollup beside the platform's: what members that know it have counted. <see cref="hours"/> has what there was to count.</summary>
    private readonly Dictionary<BucketKey<Hour>, BucketTotals> known = new(ByHour.Instance);
    private readonly Dictionary<(SourcePartition Source, string TopicId), long> starts = [];
    private readonly Dictionary<SourcePartition, Instant> latest = [];

    /// <summary>Event times that the clock had not reached when they were counted: nothing may be concluded from them before it has.</summary>
    private readonly Dictionary<SourcePartition, List<Instant>> ahead = [];
    private readonly Dictionary<SourcePartition, SourceRow> before = [];
    private readonly OutcomeBook outcomes = new(database, fail);
    private readonly HashSet<BucketKey<Hour>> touched = new(ByHour.Instance);
    private readonly HashSet<BucketKey<Day>> touchedDays = new(ByDay.Instance);

    public IReadOnlyDictionary<BucketKey<Hour>, Account> Hours => hours;

    public IReadOnlyDictionary<BucketKey<Day>, Account> Days => days;

    /// <summary>Partitions that lost records to retention, a truncation or a new incarnation.</summary>
    public HashSet<SourcePartition> Damaged { get; } = [];

    /// <summary>False where partitions came or went: then a publisher may rightly have known fewer of them.</summary>
    public bool IsTopologyFixed { get; set; } = true;

    /// <summary>
    /// Counted, or replaced where no reader can know: a truncation is told by the epoch of the entry before the position, which nobody
    /// knows behind a transaction's end, and which is lost with the first of two truncations.
    /// </summary>
    public bool IsSettled(SimPartition partition, LogEntry entry) =>
        entry.IsCounted || (entry.IsReplacement && (partition.Truncations > 1 || partition.HadTransactions));

    /// <summary>Where the pipeline's first claim of the topic started; a later incarnation or partition starts at 0.</summary>
    public long StartOf(SimPartition partition) => starts.GetValueOrDefault((partition.Source, partition.TopicId));

    public void Introduced(string client, string topic, string topicId, IReadOnlyList<long> startOffsets)
    {
        StartPosition from = memberOf(client).Options.StartFrom;
        if (from.Kind != StartKind.Beginning)
            happenings.Count(from.Kind == StartKind.End ? Happening.StartedAtEnd : Happening.StartedAtTime);
        for (int i = 0; i < startOffsets.Count; i++)
        {
            var source = new SourcePartition(topic, i);
            starts[(source, topicId)] = startOffsets[i];
            if (PartitionOf(source, topicId) is { } log && WrongStart(log, from, startOffsets[i]) is { } wrong)
                fail(Invariants.Start, $"{source} starts at {startOffsets[i]} ({from}): {wrong}");
        }
    }

    /// <summary>What was true when the brokers were asked may have moved on since: no more can be said than this.</summary>
    private static string? WrongStart(SimPartition log, StartPosition from, long start)
    {
        if (from.Kind == StartKind.Beginning)
            return start > log.Beginning ? $"the log holds {log.Beginning}" : null;
        if (log.Truncations == 0 && start > log.End)
            return $"the log ends at {log.End}";
        if (from.Kind == StartKind.End)
            return null;
        for (long offset = log.Beginning; offset < Math.Min(start, log.End); offset++)
        {
            if (log[offset] is { IsReplacement: false, TimestampMilliseconds: { } time } && Instant.FromUnixMilliseconds(time) >= from.Time)
                return $"offset {offset} is of {Instant.FromUnixMilliseconds(time)}";
        }
        return null;
    }

    public void Claiming(string client, SourcePartition source)
    {
        if (!memberOf(client).Consumer.Owns(source))
            fail(Invariants.OwnClaims, $"{client} claims {source}, which it does not own or is giving up");
    }

    public void ClaimAnswered(string client, SourcePartition source, Fence fence) => book.ClaimAnswered(client, source, fence.Epoch);

    public void Adopted(SourcePartition source, SourceRow? before, SourceRow after, Gap? gap)
    {
        latest.Remove(source);
        ahead.Remove(source);
        if (before?.TopicId is not null && gap is null)
            fail(Invariants.Gaps, $"{source} was adopted from {before.TopicId} to {after.TopicId} with no gap");
    }

    public void GapRecorded(Gap gap)
    {
        happenings.Count(Happening.GapRecorded);
        if (!Damaged.Contains(gap.Source))
            fail(Invariants.NoFalseGap, $"{gap} where nothing was lost");
    }

    public void Deadlocked(string who) => fail(Invariants.NoDeadlock, who);

    public void Committing(IReadOnlyList<PartitionCheckpoint> partitions)
    {
        before.Clear();
        foreach (PartitionCheckpoint partition in partitions)
        {
            if (database.Sources.Committed(partition.Source) is { } row)
                before[partition.Source] = row;
        }
    }

    public IReadOnlyList<Reading> Beginning(IReadOnlyList<PartitionCheckpoint> partitions)
    {
        var readings = new Reading[partitions.Count];
        for (int i = 0; i < readings.Length; i++)
            readings[i] = book.Find(partitions[i].Source, partitions[i].Fence.Epoch)?.AtCut ?? default;
        return readings;
    }

    public void Committed(IReadOnlyList<PartitionCheckpoint> partitions, IReadOnlyList<Reading> readings)
    {
        touched.Clear();
        touchedDays.Clear();
        for (int i = 0; i < partitions.Count; i++)
        {
            PartitionCheckpoint partition = partitions[i];
            database.Scheduler.Mix((ulong)partition.NextOffset ^ ((ulong)(partition.Watermark?.UnixTicks ?? 0) << 1));
            Count(partition, readings[i]);
            outcomes.Check(partition.Source);
            if (before.TryGetValue(partition.Source, out SourceRow? row))
            {
                CheckGaps(partition, row);
                CheckWatermark(partition, row);
            }
            foreach (PartialRow changed in partition.Changed)
                touched.Add(changed.Key);
            foreach (Fold fold in partition.Folds)
                touched.Add(fold.Row.Key);
        }

        CheckTouched();
        int folds = partitions.Sum(static partition => partition.Folds.Count), rows = partitions.Sum(static partition => partition.Changed.Count);
        if (folds > plan.Bounds.CheckpointFolds || (partitions.Count > 1 && rows > plan.Bounds.CheckpointRows))
            fail(Invariants.Bounded, $"a checkpoint of {partitions.Count} partitions writes {rows} rows and {folds} folds");
        foreach (PartitionCheckpoint partition in partitions)
        {
            if (before.TryGetValue(partition.Source, out SourceRow? row))
                tables.CheckFolded(partition, row);
        }
    }

    public void PublishedHours(IReadOnlyList<Publication<Hour>> published) => PublishedHours(published, mustBeClosed: true);

    private void PublishedHours(IReadOnlyList<Publication<Hour>> published, bool mustBeClosed)
    {
        touchedDays.Clear();
        foreach (Publication<Hour> hour in published)
        {
            happenings.Count(Happening.HourPublished);
            database.Scheduler.Mix((ulong)hour.InputRev ^ (ulong)BitConverter.DoubleToInt64Bits(hour.Contents.Latency?.P99 ?? -1));
            if (hour.InputRev > 1 && hours.TryGetValue(hour.Key, out Account? known) && known.WasPublished)
                happenings.Count(Happening.HourPublishedAgain);
            CheckPublished(hours.GetValueOrDefault(hour.Key), hour.Totals, hour.Key);
            if (mustBeClosed)
                CheckClosed(hour.Key.Bucket.End, hour.Key);
            tables.CheckMark(hour.Key);
            touchedDays.Add(new BucketKey<Day>(hour.Key.Bucket.Day, hour.Key.Label, hour.Key.Rollup));
        }
        foreach (BucketKey<Day> day in touchedDays)
            tables.CheckMark(day);
    }

    public void PublishedDays(IReadOnlyList<Publication<Day>> published) => PublishedDays(published, mustBeClosed: true);

    private void PublishedDays(IReadOnlyList<Publication<Day>> published, bool mustBeClosed)
    {
        foreach (Publication<Day> day in published)
        {
            happenings.Count(Happening.DayPublished);
            if (days.TryGetValue(day.Key, out Account? known) && known.WasPublished)
                happenings.Count(Happening.DayPublishedAgain);
            CheckPublished(days.GetValueOrDefault(day.Key), day.Totals, day.Key);
            if (mustBeClosed)
                CheckClosed(day.Key.Bucket.End, day.Key);
            tables.CheckMark(day.Key);
        }
    }

    private void Count(PartitionCheckpoint partition, Reading reading)
    {
        if (book.Find(partition.Source, partition.Fence.Epoch) is not { } session)
            return;
        EventKind kind = topics.KindOf(partition.Source.Topic);
        bool countsRollup = memberOf(session.Client).Options.Rollups.Count > 1;
        foreach (LogEntry entry in session.CommitUpTo(partition.NextOffset, reading, WentBack(partition)))
        {
            if (entry.IsCounted)
                fail(Invariants.ExactlyOnce, $"{partition.Source} offset {entry.Offset} is counted by two checkpoints");
            entry.IsCounted = true;
            foreach (TrueRefusal refusal in entry.Truth.Refusals)
            {
                happenings.Count(refusal.EventIndex == Refusal.WholeRecord ? Happening.RecordRefused : Happening.EventRefused);
                outcomes.Add(partition.Source, EventOutcome.Refused, refusal.Reason, refusal.Events);
                if (!letters.Has(entry, refusal))
                    fail(Invariants.Letters, $"{partition.Source} offset {entry.Offset} event {refusal.EventIndex} ({refusal.Reason}) is passed and not stored");
            }
            foreach (TrueEvent e in entry.Truth.Events)
            {
                Count(partition.Source, e, kind, countsRollup);
                if (e.LeftOut is { } reason)
                    outcomes.Add(partition.Source, EventOutcome.DurationLeftOut, reason, 1);
            }
            outcomes.Add(partition.Source, EventOutcome.Accepted, "", entry.Truth.Events.Length);
        }
    }

    /// <summary>True where the position was set back behind a truncation since the last checkpoint.</summary>
    private static bool WentBack(PartitionCheckpoint partition)
    {
        foreach (Gap gap in partition.Gaps)
        {
            if (gap.ToOffset > partition.NextOffset)
                return true;
        }
        return false;
    }

    private void Count(SourcePartition source, in TrueEvent e, EventKind kind, bool countsRollup)
    {
        // Where labels overflow, nobody can say which of them a row stands for: one account holds them all.
        var key = new BucketKey<Hour>(e.Time.Hour, plan.LabelsOverflow ? "" : e.Label);
        Count(key, e, kind);
        if (plan.RollupAtMicros is not null)
        {
            var other = new BucketKey<Hour>(key.Bucket, e.Model, WorldPlan.ByModel.Name);
            Count(other, e, kind);
            if (countsRollup)
                Add(ref CollectionsMarshal.GetValueRefOrAddDefault(known, other, out _), e, kind);
        }
        if (!ahead.TryGetValue(source, out List<Instant>? times))
            ahead.Add(source, times = []);
        times.Add(e.Time);
        if (database.Bases.Committed(key) is not null)
            happenings.Count(Happening.LateEventAfterFold);
    }

    private void Count(BucketKey<Hour> key, in TrueEvent e, EventKind kind)
    {
        var dayKey = new BucketKey<Day>(key.Bucket.Day, key.Label, key.Rollup);
        foreach (Account account in (ReadOnlySpan<Account>)[AccountOf(hours, key), AccountOf(days, dayKey)])
        {
            Add(ref account.Totals, e, kind);
            if (kind == EventKind.Usage && e.DurationMicros != DecodedEvent.NoDuration)
                account.DurationsMicros.Add(e.DurationMicros);
        }
        touched.Add(key);
        touchedDays.Add(dayKey);
    }

    private static void Add(ref BucketTotals totals, in TrueEvent e, EventKind kind)
    {
        totals.Counts[Measures.CostUsd] += e.Amount;
        totals.Counts[Measures.InputTokens] += e.Amount;
        if (kind == EventKind.Usage)
        {
            if (e.Amount % 3 == 0)
                totals.Spreads[Spreads.Ttft].Add(e.Amount);
            totals.SuccessCount++;
            if (e.DurationMicros != DecodedEvent.NoDuration)
                totals.AddDuration(e.DurationMicros);
            return;
        }
        totals.ErrorCount++;
        totals.Error4xxCount += e.Status == StatusClass.ClientError ? 1 : 0;
        totals.Error5xxCount += e.Status == StatusClass.ServerError ? 1 : 0;
        totals.TimeoutCount += e.IsTimeout ? 1 : 0;
        totals.Counts[Measures.RateLimitedCount] += e.Class == ErrorClass.RateLimited ? 1 : 0;
        totals.Counts[Measures.OverloadedCount] += e.Class == ErrorClass.Overloaded ? 1 : 0;
    }

    private void Compare(BucketKey<Hour> key, Account? account)
    {
        BucketTotals stored = default;
        if (plan.LabelsOverflow)
        {
            account = hours.GetValueOrDefault(new BucketKey<Hour>(key.Bucket, ""));
            tables.AddAllLabels(ref stored, key.Bucket);
            tables.CheckLabels(key.Bucket);
        }
        else
        {
            tables.Add(ref stored, key);
        }
        BucketTotals expected = key.Rollup == Rollup.Platform ? account?.Totals ?? default : known.GetValueOrDefault(key);
        if (stored != expected)
        {
            fail(Invariants.StateIsPrefix, $"hour {key.Bucket} ({key.Bucket.SinceEpoch}) '{key.Label}' of {key.Rollup}: the store holds {Say(stored)}, "
                + $"the committed offsets {Say(expected)}");
        }
    }

    private void CheckGaps(PartitionCheckpoint partition, SourceRow row)
    {
        if (!Damaged.Contains(partition.Source) || PartitionOf(partition.Source, row.TopicId) is not { } log)
            return;
        for (long offset = row.NextOffset; offset < Math.Min(partition.NextOffset, log.End); offset++)
        {
            LogEntry entry = log[offset];
            if (entry.Kind is EntryKind.Record && !entry.IsReplacement && !entry.IsCounted && !IsInGap(partition.Source, offset))
                fail(Invariants.Gaps, $"{partition.Source} offset {offset} was passed unread and stands in no gap");
        }
    }

    private void CheckWatermark(PartitionCheckpoint partition, SourceRow row)
    {
        if (partition.Watermark is not { } watermark || (row.Watermark is { } known && watermark <= known))
            return;
        Instant asked = watermark + options.Grace;
        if (!clock.HasSaid(asked))
        {
            fail(Invariants.Watermark, $"{partition.Source}: {watermark} + grace lies after now ({clock.Now})");
            return;
        }
        if (LatestReached(partition.Source) is { } max && watermark <= max - options.Grace)
            return;

        // Not from an event: then the end must have been reached as it was when the broker was asked.
        happenings.Count(Happening.IdleWatermark);
        if (PartitionOf(partition.Source, row.TopicId) is not { } log || cluster.Find(partition.Source) != log)
            return;
        // Where the clock was set back it said that time twice: the first time is the one that allows most.
        long end = log.SmallestEndSince(clock.FirstReachedMicros(asked));
        if (end > partition.NextOffset)
            fail(Invariants.Watermark, $"{partition.Source}: {watermark} with next offset {partition.NextOffset}, but the log had {end} at {asked}");
    }

    private Instant? LatestReached(SourcePartition source)
    {
        if (ahead.TryGetValue(source, out List<Instant>? times))
        {
            foreach (Instant time in times)
            {
                if (clock.HasSaid(time) && (!latest.TryGetValue(source, out Instant max) || time > max))
                    latest[source] = time;
            }
            times.RemoveAll(clock.HasSaid);
        }
        return latest.TryGetValue(source, out Instant reached) ? reached : null;
    }

    private void CheckPublished<TKey>(Account? account, in BucketTotals row, TKey which)
    {
        if (plan.LabelsOverflow || (account is null && row.IsEmpty))
            return;
        if (account is null)
            fail(Invariants.RowIsPrefix, $"{which}: {Say(row)}, and nothing was ever committed");
        else if (!account.TryPublish(row))
        {
            fail(account.WasEver(row) ? Invariants.NeverDown : Invariants.RowIsPrefix,
                $"{which}: {Say(row)}; committed now is {Say(account.Totals)}");
        }
    }

    private void CheckClosed<TKey>(Instant end, TKey which)
    {
        if (!IsTopologyFixed)
            return;
        Instant? watermark = database.Watermark(cluster.Partitions.Count == 0 ? [] : cluster.Sources);
        if (watermark is null || watermark < end)
            fail(Invariants.ClosedOnly, $"{which} while the smallest watermark is {watermark?.ToString() ?? "unknown"}");
    }

    private bool IsInGap(SourcePartition source, long offset) =>
        database.Gaps.Exists(gap => gap.Source == source && gap.FromOffset <= offset && (gap.ToOffset is null || offset < gap.ToOffset));

    private SimPartition? PartitionOf(SourcePartition source, string? topicId) => topicId is null ? null : cluster.FindEver(source, topicId);

    internal static string Say(in BucketTotals totals) =>
        $"{totals.SuccessCount}+{totals.ErrorCount} (4xx {totals.Error4xxCount}, 5xx {totals.Error5xxCount}, timeouts {totals.TimeoutCount}, "
        + $"durations {totals.DurationCount} sum {totals.DurationSumMicros} in {totals.DurationMinMicros}..{totals.DurationMaxMicros})";
}
