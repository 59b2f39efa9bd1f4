using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Letters;
using StreamAgg.Simulation.Log;
using StreamAgg.Simulation.Store;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Proof;

/// <summary>
/// The naive recount: a second book of everything that was committed, kept from what was delivered under each claim. Compared with the
/// tables in the instant of every commit, and with the whole log at rest.
/// </summary>
internal sealed class Ledger(
    Database database, Cluster cluster, DatabaseClock clock, DeliveryBook book, LetterBook letters, PipelineOptions options, PipelineTopics topics,
    Happenings happenings, Action<string, string> fail) : IStoreWitness
{
    private readonly Dictionary<HourKey, Account> hours = [];
    private readonly Dictionary<DayKey, Account> days = [];
    private readonly HashSet<LogEntry> counted = [];
    private readonly Dictionary<(SourcePartition Source, string TopicId), long> starts = [];
    private readonly Dictionary<SourcePartition, Instant> latest = [];
    private readonly Dictionary<SourcePartition, SourceRow> before = [];
    private readonly HashSet<HourKey> touched = [];
    private readonly HashSet<DayKey> touchedDays = [];

    public IReadOnlyDictionary<HourKey, Account> Hours => hours;

    public IReadOnlyDictionary<DayKey, Account> Days => days;

    /// <summary>Partitions that lost records to retention, a truncation or a new incarnation.</summary>
    public HashSet<SourcePartition> Damaged { get; } = [];

    /// <summary>False where partitions came or went: then a publisher may rightly have known fewer of them.</summary>
    public bool IsTopologyFixed { get; set; } = true;

    /// <summary>
    /// Counted, or replaced where no reader can know: a truncation is told by the epoch of the entry before the position, which nobody
    /// knows behind a transaction's end, and which is lost with the first of two truncations.
    /// </summary>
    public bool IsSettled(SimPartition partition, LogEntry entry) =>
        counted.Contains(entry) || (entry.IsReplacement && (partition.Truncations > 1 || partition.HadTransactions));

    /// <summary>Where the pipeline's first claim of the topic started; a later incarnation or partition starts at 0.</summary>
    public long StartOf(SimPartition partition) => starts.GetValueOrDefault((partition.Source, partition.TopicId));

    public void Introduced(string topic, string topicId, IReadOnlyList<long> startOffsets)
    {
        for (int partition = 0; partition < startOffsets.Count; partition++)
            starts[(new SourcePartition(topic, partition), topicId)] = startOffsets[partition];
        if (options.StartFrom.Kind != StartKind.Beginning)
            return;
        foreach (SimPartition partition in cluster.History)
        {
            if (partition.Source.Topic == topic && partition.TopicId == topicId && partition.Source.Partition < startOffsets.Count
                && startOffsets[partition.Source.Partition] > partition.Beginning)
            {
                fail(Invariants.Start, $"{partition.Source} starts at {startOffsets[partition.Source.Partition]}, the log holds {partition.Beginning}");
            }
        }
    }

    public void Claimed(string client, SourcePartition source, SourceRow row)
    {
        // A claim moves nothing; what it allows is judged when something is written under it.
    }

    public void ClaimAnswered(string client, SourcePartition source, Fence fence) => book.ClaimAnswered(client, source, fence.Epoch);

    public void Adopted(SourcePartition source, SourceRow? before, SourceRow after, Gap? gap)
    {
        latest.Remove(source);
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
            readings[i] = book.Find(partitions[i].Source, partitions[i].Fence.Epoch)?.Now ?? default;
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

        foreach (HourKey key in touched)
        {
            if (hours.TryGetValue(key, out Account? account))
                account.Remember();
            Compare(key, account);
        }
        foreach (DayKey day in touchedDays)
            days[day].Remember();
    }

    public void PublishedHours(IReadOnlyList<Publication<HourKey>> published)
    {
        foreach (Publication<HourKey> hour in published)
        {
            happenings.Count(Happening.HourPublished);
            database.Scheduler.Mix((ulong)hour.InputRev ^ (ulong)BitConverter.DoubleToInt64Bits(hour.P99Milliseconds ?? -1));
            if (hour.InputRev > 1 && hours.TryGetValue(hour.Key, out Account? known) && known.WasPublished)
                happenings.Count(Happening.HourPublishedAgain);
            CheckPublished(hours.GetValueOrDefault(hour.Key), hour.Totals, $"hour {hour.Key.Hour} '{hour.Key.Platform}'");
            CheckClosed(hour.Key.Hour.End, $"hour {hour.Key.Hour} '{hour.Key.Platform}'");
        }
    }

    public void PublishedDays(IReadOnlyList<Publication<DayKey>> published)
    {
        foreach (Publication<DayKey> day in published)
        {
            happenings.Count(Happening.DayPublished);
            if (days.TryGetValue(day.Key, out Account? known) && known.WasPublished)
                happenings.Count(Happening.DayPublishedAgain);
            CheckPublished(days.GetValueOrDefault(day.Key), day.Totals, $"day {day.Key.Day} '{day.Key.Platform}'");
            CheckClosed(day.Key.Day.End, $"day {day.Key.Day} '{day.Key.Platform}'");
        }
    }

    private void Count(PartitionCheckpoint partition, Reading reading)
    {
        if (book.Find(partition.Source, partition.Fence.Epoch) is not { } session)
            return;
        EventKind kind = topics.KindOf(partition.Source.Topic);
        foreach (var (_, entry) in session.CommitUpTo(partition.NextOffset, reading, WentBack(partition)))
        {
            if (!counted.Add(entry))
                fail(Invariants.ExactlyOnce, $"{partition.Source} offset {entry.Offset} is counted by two checkpoints");
            foreach (TrueRefusal refusal in entry.Truth.Refusals)
            {
                happenings.Count(refusal.EventIndex == Refusal.WholeRecord ? Happening.RecordRefused : Happening.EventRefused);
                if (!letters.Has(entry, refusal))
                    fail(Invariants.Letters, $"{partition.Source} offset {entry.Offset} event {refusal.EventIndex} ({refusal.Reason}) is passed and not stored");
            }
            foreach (TrueEvent e in entry.Truth.Events)
                Count(partition.Source, e, kind);
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

    private void Count(SourcePartition source, in TrueEvent e, EventKind kind)
    {
        var key = new HourKey(e.Time.Hour, e.Label);
        if (!hours.TryGetValue(key, out Account? hour))
            hours.Add(key, hour = new Account());
        var dayKey = new DayKey(key.Hour.Day, e.Label);
        if (!days.TryGetValue(dayKey, out Account? day))
            days.Add(dayKey, day = new Account());
        Add(hour, e, kind);
        Add(day, e, kind);
        touched.Add(key);
        touchedDays.Add(dayKey);
        if (!latest.TryGetValue(source, out Instant max) || e.Time > max)
            latest[source] = e.Time;
        if (database.Bases.Committed(key) is not null)
            happenings.Count(Happening.LateEventAfterFold);
    }

    private static void Add(Account account, in TrueEvent e, EventKind kind)
    {
        if (kind == EventKind.Usage)
        {
            account.Totals.SuccessCount++;
            if (e.DurationMicros == DecodedEvent.NoDuration)
                return;
            account.Totals.AddDuration(e.DurationMicros);
            account.DurationsMicros.Add(e.DurationMicros);
            return;
        }
        account.Totals.ErrorCount++;
        account.Totals.Error4xxCount += e.Status == StatusClass.ClientError ? 1 : 0;
        account.Totals.Error5xxCount += e.Status == StatusClass.ServerError ? 1 : 0;
        account.Totals.TimeoutCount += e.IsTimeout ? 1 : 0;
    }

    private void Compare(HourKey key, Account? account)
    {
        BucketTotals stored = database.Bases.Committed(key)?.Row.Totals ?? default;
        foreach (var (_, cell) in database.PartialsOf(key))
        {
            if (cell.Committed is { } partial)
                stored.Add(partial.Row.Totals);
        }
        BucketTotals expected = account?.Totals ?? default;
        if (stored != expected)
        {
            fail(Invariants.StateIsPrefix, $"hour {key.Hour} ({key.Hour.SinceEpoch}) '{key.Platform}': the store holds {Say(stored)}, "
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
            if (entry.Kind is EntryKind.Record && !entry.IsReplacement && !counted.Contains(entry) && !IsInGap(partition.Source, offset))
                fail(Invariants.Gaps, $"{partition.Source} offset {offset} was passed unread and stands in no gap");
        }
    }

    private void CheckWatermark(PartitionCheckpoint partition, SourceRow row)
    {
        if (partition.Watermark is not { } watermark || (row.Watermark is { } known && watermark <= known))
            return;
        Instant asked = watermark + options.Grace;
        if (asked > clock.Now)
        {
            fail(Invariants.Watermark, $"{partition.Source}: {watermark} + grace lies after now ({clock.Now})");
            return;
        }
        if (latest.TryGetValue(partition.Source, out Instant max) && watermark <= max - options.Grace)
            return;

        // Not from an event: then the end must have been reached as it was when the broker was asked.
        happenings.Count(Happening.IdleWatermark);
        if (PartitionOf(partition.Source, row.TopicId) is not { } log || cluster.Find(partition.Source) != log)
            return;
        long end = log.SmallestEndSince(asked);
        if (end > partition.NextOffset)
            fail(Invariants.Watermark, $"{partition.Source}: {watermark} with next offset {partition.NextOffset}, but the log had {end} at {asked}");
    }

    private void CheckPublished(Account? account, BucketTotals row, string which)
    {
        if (account is null)
            fail(Invariants.RowIsPrefix, $"{which}: {Say(row)}, and nothing was ever committed");
        else if (!account.TryPublish(row))
        {
            fail(account.WasEver(row) ? Invariants.NeverDown : Invariants.RowIsPrefix,
                $"{which}: {Say(row)}; committed now is {Say(account.Totals)}");
        }
    }

    private void CheckClosed(Instant end, string which)
    {
        if (!IsTopologyFixed)
            return;
        Instant? watermark = database.Watermark(Sources());
        if (watermark is null || watermark < end)
            fail(Invariants.ClosedOnly, $"{which} while the smallest watermark is {watermark?.ToString() ?? "unknown"}");
    }

    private List<SourcePartition> Sources() => cluster.Partitions.Count == 0 ? [] : cluster.Sources;

    private bool IsInGap(SourcePartition source, long offset) =>
        database.Gaps.Exists(gap => gap.Source == source && gap.FromOffset <= offset && (gap.ToOffset is null || offset < gap.ToOffset));

    private SimPartition? PartitionOf(SourcePartition source, string? topicId) =>
        cluster.History.Find(partition => partition.Source == source && partition.TopicId == topicId);

    internal static string Say(in BucketTotals totals) =>
        $"{totals.SuccessCount}+{totals.ErrorCount} (4xx {totals.Error4xxCount}, 5xx {totals.Error5xxCount}, timeouts {totals.TimeoutCount}, "
        + $"durations {totals.DurationCount} sum {totals.DurationSumMicros} in {totals.DurationMinMicros}..{totals.DurationMaxMicros})";
}
