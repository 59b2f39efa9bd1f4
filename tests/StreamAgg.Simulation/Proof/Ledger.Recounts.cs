using System.Runtime.InteropServices;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Store;
using StreamAgg.Simulation.Swarm;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Proof;

/// <summary>What is counted by no checkpoint: hours that were counted anew, and refused events that count after all.</summary>
internal sealed partial class Ledger
{
    private readonly HashSet<ReplayPlace> replayed = [];

    /// <summary>What a swap that fills hours counts, told before it is made.</summary>
    public Dictionary<HourSwap, IReadOnlyList<ReplayedEvent>> Fillings { get; } = [];

    /// <summary>Of hours before it nothing is known of the rollup beside the platform's: they were counted anew without it.</summary>
    public Instant RollupUnknownUpTo { get; private set; } = Instant.MinValue;

    /// <summary>False where the log does not hold all that was counted.</summary>
    public bool CanRecount => Damaged.Count == 0 && !plan.LabelsOverflow;

    public void Replayed(IReadOnlyList<ReplayedEvent> events, bool countsRollup)
    {
        happenings.Count(Happening.Replayed);
        touched.Clear();
        touchedDays.Clear();
        foreach (ReplayedEvent e in events)
        {
            // Where a place is counted twice, the second time is not expected.
            if (replayed.Add(ReplayPlace.Of(e)))
                Count(e, countsRollup);
        }
        CheckTouched();
    }

    public void Swapped(HourSwap swap, bool takesRollup, IReadOnlyList<Publication<Hour>> published, IReadOnlyList<Publication<Day>> publishedDays)
    {
        happenings.Count(swap.Kind == SwapKind.Fill ? Happening.Filled : Happening.Rebuilt);
        touched.Clear();
        touchedDays.Clear();
        if (Fillings.Remove(swap, out IReadOnlyList<ReplayedEvent>? filled))
        {
            foreach (ReplayedEvent e in filled)
                Count(e, countsRollup: false);
        }
        if (!takesRollup)
            RollupUnknownUpTo = Instant.Max(RollupUnknownUpTo, swap.To.Start);
        foreach (var (key, account) in takesRollup ? hours : [])
        {
            if (key.Rollup != Rollup.Platform && key.Bucket.CompareTo(swap.From) >= 0 && key.Bucket.CompareTo(swap.To) < 0)
                known[key] = account.Totals;
        }
        touched.UnionWith(hours.Keys.Where(key => key.Bucket.CompareTo(swap.From) >= 0 && key.Bucket.CompareTo(swap.To) < 0));
        CheckTouched();
        PublishedHours(published, swap.Kind == SwapKind.Rebuild);
        PublishedDays(publishedDays, swap.Kind == SwapKind.Rebuild);
    }

    /// <summary>Counts what came by no partition.</summary>
    private void Count(ReplayedEvent e, bool countsRollup)
    {
        Count(e, new BucketKey<Hour>(e.Key.Bucket, plan.LabelsOverflow ? "" : e.Key.Label));
        if (plan.RollupAtMicros is null)
            return;
        var key = new BucketKey<Hour>(e.Key.Bucket, e.LabelIn(WorldPlan.ByModel), WorldPlan.ByModel.Name);
        Count(e, key);
        if (countsRollup)
            CollectionsMarshal.GetValueRefOrAddDefault(known, key, out _).Add(e.Totals);
    }

    private void Count(ReplayedEvent e, BucketKey<Hour> key)
    {
        var dayKey = new BucketKey<Day>(key.Bucket.Day, key.Label, key.Rollup);
        foreach (Account account in (Account[])[AccountOf(hours, key), AccountOf(days, dayKey)])
        {
            account.Totals.Add(e.Totals);
            if (e.Totals.DurationCount > 0)
                account.DurationsMicros.Add(e.Totals.DurationMinMicros);
        }
        touched.Add(key);
        touchedDays.Add(dayKey);
    }

    private static Account AccountOf<TKey>(Dictionary<TKey, Account> accounts, TKey key)
        where TKey : notnull
    {
        if (!accounts.TryGetValue(key, out Account? account))
            accounts.Add(key, account = new Account());
        return account;
    }

    private void CheckTouched()
    {
        foreach (BucketKey<Hour> key in touched)
        {
            if (hours.TryGetValue(key, out Account? account))
                account.Remember();
            Compare(key, account);
            tables.CheckMark(key);
        }
        foreach (BucketKey<Day> day in touchedDays)
            days[day].Remember();
    }
}
