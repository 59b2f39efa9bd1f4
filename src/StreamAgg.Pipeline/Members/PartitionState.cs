using System.Runtime.CompilerServices;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Members;

/// <summary>What a member holds of one partition between claim and release. Touched by the member's thread only.</summary>
internal sealed class PartitionState(SourcePartition source, EventKind kind, PipelineOptions options)
{
    /// <summary>
    /// An hour is folded into the base when the partition's watermark is this far past its end: late enough that hardly any event
    /// finds its partial gone, early enough that a partition keeps a few hours in memory.
    /// </summary>
    public static readonly TimeSpan FoldAfter = TimeSpan.FromHours(2);

    private readonly Dictionary<int, HourTables> hours = [];
    private readonly IReadOnlyList<Rollup> rollups = options.Rollups;
    private readonly List<Partial> changed = [];

    /// <summary>What earlier cuts found changed and has not come to rest since.</summary>
    private readonly List<Partial> awake = [];
    private readonly List<Gap> gaps = [];
    private HourTables? lastHour;

    public SourcePartition Source { get; } = source;

    public EventKind Kind { get; } = kind;

    public PartitionPhase Phase { get; set; } = PartitionPhase.Unclaimed;

    /// <summary>What the row shows after the last checkpoint of ours.</summary>
    public Fence Fence { get; private set; }

    /// <summary>The topic's incarnation that this state was read from.</summary>
    public string TopicId { get; private set; } = "";

    /// <summary>The next offset to be applied: everything before it is counted, refused or no record.</summary>
    public long Position { get; private set; }

    public long CommittedPosition { get; private set; }

    public int? LeaderEpoch { get; private set; }

    /// <summary>As stored. Never falls.</summary>
    public Instant? Watermark { get; private set; }

    /// <summary>Of the events read since the claim.</summary>
    public EventTimes Times { get; } = new();

    /// <summary>True while a checkpoint holds a cut of this state.</summary>
    public bool InCheckpoint { get; set; }

    /// <summary>What became of the events between the last cut and <see cref="Position"/>.</summary>
    public OutcomeTally Outcomes { get; } = new();

    public int ChangedCount => changed.Count;

    /// <summary>True where the last cut left partials of hours that are long over: it had all the folds that it may have.</summary>
    public bool HasFolds { get; private set; }

    /// <summary>True while the checkpoint that is due has not cut this partition yet.</summary>
    public bool IsDue { get; set; }

    /// <summary>The number of the last cut, in the order of its member's: who waits longest is next.</summary>
    public long LastCut { get; set; }

    /// <summary>True where a cut could make something smaller by putting it to rest.</summary>
    public bool HasAwake => awake.Count > 0;

    /// <summary>What the partials keep in memory, without those that a cut has detached.</summary>
    public long Bytes { get; private set; }

    public int PartialCount
    {
        get
        {
            int count = 0;
            foreach (var hour in hours.Values)
                count += hour.Count;
            return count;
        }
    }

    /// <summary>True where a checkpoint would have something to write besides a watermark.</summary>
    public bool HasUnsaved => Position != CommittedPosition || changed.Count > 0 || gaps.Count > 0;

    /// <summary>Takes over what a claim found. The claim's partials count, whichever incarnation of the topic they came from.</summary>
    public void Activate(PartitionClaim claim, string topicId, IReadOnlyList<PartialRow> partials)
    {
        Fence = claim.Fence;
        TopicId = topicId;
        Position = CommittedPosition = claim.NextOffset;
        LeaderEpoch = claim.LeaderEpoch;
        Watermark = claim.Watermark;
        foreach (var row in partials)
            Put(Partial.Restore(row.Hour, row.Label, options.Compression, row.Totals, row.Digests, row.Rollup));
        Phase = PartitionPhase.Active;
    }

    public void Count(in DecodedEvent e, EventLabels labels)
    {
        var tables = HourOf(e.Time.Hour).Tables;
        for (int rollup = 0; rollup < tables.Length; rollup++)
            Count(e, tables[rollup].Get(labels[rollup]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Count(in DecodedEvent e, Partial partial)
    {
        partial.Count(e);
        if (partial.IsGrown)
            Bytes += partial.Measure();
        if (!partial.Changed)
        {
            partial.Changed = true;
            changed.Add(partial);
        }
    }

    /// <summary>Everything before <paramref name="nextOffset"/> is dealt with.</summary>
    /// <param name="nextOffset">Not less than <see cref="Position"/>.</param>
    /// <param name="leaderEpoch">
    /// Of the entry just before; null where unknown. An older entry's epoch must not stand in for it: after an election the two would look
    /// like a log that was cut off.
    /// </param>
    public void MoveTo(long nextOffset, int? leaderEpoch)
    {
        Position = nextOffset;
        LeaderEpoch = leaderEpoch;
    }

    /// <summary>Goes on behind (or, after a truncation, before) what the log no longer holds.</summary>
    public void Skip(Gap gap, long nextOffset)
    {
        gaps.Add(gap);
        Position = nextOffset;
        LeaderEpoch = null;
    }

    /// <summary>
    /// Takes everything that changed, at this instant; what is to be folded is detached, so that an event that arrives meanwhile
    /// starts a fresh partial. Whatever has not changed for a while comes to rest.
    /// </summary>
    /// <param name="mostFolds">At most so many are folded; the others stay, and <see cref="HasFolds"/> says so.</param>
    /// <param name="now">Monotonic.</param>
    /// <param name="restAfter">How long a partial stays awake for the next event; zero: nothing does.</param>
    public PartitionCut Cut(int mostFolds, TimeSpan now, TimeSpan restAfter)
    {
        var folds = TakeFolds(mostFolds);
        changed.RemoveAll(static partial => partial.IsDetached);
        foreach (var partial in awake)
        {
            if (!partial.Changed && now - partial.LastChange >= restAfter)
                Rest(partial);
        }

        awake.RemoveAll(static partial => partial.Changed || !partial.IsAwake);
        if (restAfter == TimeSpan.Zero)
            changed.ForEach(Rest);
        var cut = new PartitionCut(this, [.. changed], folds, [.. gaps], Outcomes.Take());
        foreach (var partial in changed)
            Settle(partial, now);
        changed.Clear();
        gaps.Clear();
        InCheckpoint = true;
        return cut;
    }

    public void Committed(PartitionCut cut, Instant? watermark)
    {
        InCheckpoint = false;
        Fence = Fence.Next;
        CommittedPosition = cut.NextOffset;
        if (watermark is { } w && (Watermark is not { } known || w > known))
            Watermark = w;
    }

    /// <summary>The checkpoint was not written: what was detached comes back, and everything cut counts as changed again.</summary>
    public void Restore(PartitionCut cut)
    {
        InCheckpoint = false;
        gaps.InsertRange(0, cut.Gaps);
        Outcomes.PutBack(cut.Outcomes);
        foreach (var partial in cut.Kept)
            MarkChanged(partial);
        foreach (var partial in cut.Folded)
        {
            partial.IsDetached = false;
            if (TableOf(partial).TryGet(partial.Label, out var fresh))
            {
                bool wasChanged = fresh.Changed;
                fresh.Absorb(partial);
                Rest(fresh);
                if (!wasChanged && fresh.Changed)
                    changed.Add(fresh);
                continue;
            }

            Put(partial);
            if (partial.Changed)
                changed.Add(partial);
        }
    }

    /// <summary>What <see cref="Bytes"/> is to be, counted anew: the sum of changes must not drift away from it.</summary>
    internal long Recount() => hours.Values.Sum(static hour => hour.Partials.Sum(static partial => (long)partial.RetainedBytes));

    private bool IsFoldable(Hour hour) => Watermark is { } watermark && hour.End + FoldAfter <= watermark;

    private List<Partial> TakeFolds(int most)
    {
        var folds = new List<Partial>();
        HasFolds = false;
        foreach (var hour in hours.Values)
        {
            if (!IsFoldable(hour.Hour))
                continue;
            int room = most - folds.Count;
            HasFolds |= hour.Count > room;
            folds.AddRange(hour.Partials.Take(room));
        }

        foreach (var partial in folds)
            Detach(partial);
        return folds;
    }

    /// <summary>Ready for whatever comes next, with what it changed by on its way into the store.</summary>
    private void Settle(Partial partial, TimeSpan now)
    {
        partial.Changed = false;
        partial.LastChange = now;
        partial.Trim();
        Bytes += partial.Measure();
        if (partial.IsAwake)
            awake.Add(partial);
    }

    private void Rest(Partial partial)
    {
        partial.Rest();
        Bytes += partial.Measure();
    }

    private void MarkChanged(Partial partial)
    {
        if (partial.Changed)
            return;
        partial.Changed = true;
        changed.Add(partial);
    }

    private void Put(Partial partial)
    {
        TableOf(partial).Put(partial);
        partial.Measure();
        Bytes += partial.Bytes;
    }

    private void Detach(Partial partial)
    {
        Bytes -= partial.Bytes;
        partial.Rest();
        partial.Measure();
        partial.IsDetached = true;
        var hour = hours[partial.Hour.SinceEpoch];
        TableOf(partial).Remove(partial);
        if (hour.Count > 0)
            return;
        hours.Remove(partial.Hour.SinceEpoch);
        lastHour = null;
    }

    private HourPartials TableOf(Partial partial) => HourOf(partial.Hour).Of(partial.Rollup)
        ?? throw new InvalidOperationException($"{Source} holds an hour of the rollup {partial.Rollup}, which is not configured.");

    private HourTables HourOf(Hour hour)
    {
        if (lastHour is not null && lastHour.Hour == hour)
            return lastHour;
        if (!hours.TryGetValue(hour.SinceEpoch, out var partials))
            hours.Add(hour.SinceEpoch, partials = new HourTables(hour, rollups, options.Compression));
        lastHour = partials;
        return partials;
    }
}

internal enum PartitionPhase
{
    /// <summary>Assigned, to be claimed when its back-off is over.</summary>
    Unclaimed,

    /// <summary>A claim is under way.</summary>
    Claiming,

    /// <summary>Ours: records are applied.</summary>
    Active,

    /// <summary>To be given up: nothing more is applied, what is unsaved is written.</summary>
    Releasing,

    /// <summary>Nothing of ours any more.</summary>
    Dropped,
}
