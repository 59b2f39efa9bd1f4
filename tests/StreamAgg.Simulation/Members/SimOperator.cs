using System.Collections.ObjectModel;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Recounting;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Log;
using StreamAgg.Simulation.Store;
using StreamAgg.Simulation.Swarm;
using StreamAgg.Simulation.Time;

namespace StreamAgg.Simulation.Members;

/// <summary>Somebody who calls a verb beside the running members: it tries until it is done, or dies in the middle.</summary>
internal sealed class SimOperator
{
    private const int Tries = 20;

    private readonly World world;
    private readonly SimProcess process;
    private readonly PipelineOptions options;
    private readonly Prng chance;
    private readonly SimStore store;

    public SimOperator(World world, SimProcess process, PipelineOptions options, Prng chance)
    {
        (this.world, this.process, this.options, this.chance) = (world, process, options, chance);
        store = world.NewStore(process, options);
        if (chance.Chance(0.2))
            world.Scheduler.After(null, chance.Between(0, 3_000_000), process.Kill);
    }

    /// <summary>The database learns what is configured.</summary>
    public void Migrate() => _ = TryAsync(async () =>
    {
        await store.MigrateAsync(world.RollupAdded, default);
        return true;
    });

    /// <summary>Some hours are counted again from the log.</summary>
    public void Rebuild()
    {
        Hour from = AnyHour();
        var to = new Hour(from.SinceEpoch + (int)chance.Between(1, 12));
        _ = TryAsync(async () =>
        {
            IReadOnlyList<ReplayedEvent> replayed = await store.ReplayedAsync(default);
            return !world.Ledger.CanRecount || (await store.SwapHoursAsync(
                new HourSwap(from, to)
                {
                    Kind = SwapKind.Rebuild,
                    Compression = options.Compression,
                    Partitions = world.Cluster.Sources,
                    Contents = soFar => RecountAsync(from, to, replayed, soFar),
                },
                default)).IsDone;
        });
    }

    /// <summary>An hour from before the world's beginning is filled from elsewhere, unless somebody has counted in it.</summary>
    public void Fill()
    {
        var from = new Hour(world.Plan.Start.Hour.SinceEpoch - (int)chance.Between(1, 60));
        var to = new Hour(from.SinceEpoch + (int)chance.Between(1, 3));
        ReplayedEvent[] events =
            [.. Enumerable.Range(0, (int)chance.Between(1, 8)).Select(i => EventIn(new Hour(from.SinceEpoch + chance.Below(to.SinceEpoch - from.SinceEpoch)), new SourcePartition("raw", 0), i, 0, -1))];
        bool isLeftOut = chance.Chance(0.3);
        _ = TryAsync(async () =>
        {
            var swap = new HourSwap(from, to)
            {
                Kind = SwapKind.Fill,
                Compression = options.Compression,
                Partitions = world.Cluster.Sources,
                Contents = _ => Task.FromResult<IReadOnlyList<PartialRow>?>(Sum(events)),
                LeftOut = isLeftOut ? [WorldPlan.ByModel.Name] : [],
            };
            world.Ledger.Fillings[swap] = events;
            SwapResult result = await store.SwapHoursAsync(swap, default);
            if (result.Refusing.Count > 0)
                world.Happenings.Count(Tracing.Happening.FillRefused);
            return result.IsDone || result.Refusing.Count > 0;
        });
    }

    /// <summary>Some refused events are accepted after all; some of them are asked for twice.</summary>
    public void Replay()
    {
        var events = new List<ReplayedEvent>();
        foreach (SimPartition partition in world.Cluster.Partitions)
        {
            for (long offset = partition.Beginning; offset < partition.End && events.Count < 5; offset++)
            {
                LogEntry entry = partition[offset];
                if (!entry.IsCounted || entry.Truth.Refusals.Length == 0 || chance.Chance(0.3))
                    continue;
                events.Add(EventIn(AnyHour(), partition.Source, offset, Math.Max(0, entry.Truth.Refusals[0].EventIndex), entry.TimestampMilliseconds ?? -1));
            }
        }
        if (events.Count == 0 || world.Plan.LabelsOverflow)
            return;
        events.Sort(static (a, b) => (a.Source, a.Offset, a.EventIndex, a.RecordTime).CompareTo((b.Source, b.Offset, b.EventIndex, b.RecordTime)));
        int left = (int)chance.Between(1, 3);
        _ = TryAsync(async () =>
        {
            await store.ReplayAsync(events, options.Compression, default);
            return --left <= 0;
        });
    }

    private async Task TryAsync(Func<Task<bool>> once)
    {
        try
        {
            for (int i = 0; i < Tries && !world.IsCalm; i++)
            {
                try
                {
                    if (await once())
                        return;
                }
                catch (Exception fault) when (fault is StoreUnavailableException or CommitOutcomeUnknownException)
                {
                    // Tried again, as the verbs do: whatever was committed of it, the next try changes nothing more.
                }
                await world.Scheduler.Delay(process, chance.Between(50_000, 1_000_000));
            }
        }
        catch (PipelineStoppedException)
        {
            // Its rollups are not the database's.
        }
        catch (Exception e)
        {
            world.Surprise(process.Name, e);
        }
    }

    private async Task<IReadOnlyList<PartialRow>?> RecountAsync(Hour from, Hour to, IReadOnlyList<ReplayedEvent> replayed, CountedSoFar soFar)
    {
        if (soFar.Replayed != replayed.Count || !world.Ledger.CanRecount)
            return null;
        var recount = new HourRecount(from, to, options.Rollups, options.Compression);
        var reading = new LogRecount(options, World.Topics, replayed, recount);
        foreach (CountedPartition counted in soFar.Partitions)
        {
            if (world.Cluster.FindEver(counted.Source, counted.TopicId ?? "") is not { } log)
                continue;
            for (long offset = world.Ledger.StartOf(log); offset < counted.NextOffset; offset++)
            {
                if (log[offset].Kind == EntryKind.Record)
                    reading.OnRecord(new LogRecord { Source = counted.Source, Offset = offset, TimestampMilliseconds = log[offset].TimestampMilliseconds, Value = log[offset].Value });
            }
        }
        foreach (ReplayedEvent e in replayed)
        {
            if (e.Key.Bucket.CompareTo(from) >= 0 && e.Key.Bucket.CompareTo(to) < 0)
                e.ToRows(options.Rollups, options.Compression).ToList().ForEach(recount.Add);
        }
        await world.Scheduler.Delay(process, chance.Between(1_000, 500_000));
        return recount.Rows();
    }

    private List<PartialRow> Sum(ReplayedEvent[] events)
    {
        var sum = new HourRecount(default, default, options.Rollups, options.Compression);
        foreach (PartialRow row in events.SelectMany(e => e.ToRows(options.Rollups, options.Compression)))
            sum.Add(row);
        return [.. sum.Rows()];
    }

    private Hour AnyHour()
    {
        Instant last = Instant.Max(world.LatestEvent, world.Plan.Start);
        int hours = Math.Clamp(last.Hour.SinceEpoch - world.Plan.Start.Hour.SinceEpoch, 0, 200);
        return new Hour(world.Plan.Start.Hour.SinceEpoch + chance.Below(hours + 2));
    }

    private ReplayedEvent EventIn(Hour hour, SourcePartition source, long offset, int index, long recordTime)
    {
        world.CountsIn(hour);
        var totals = default(BucketTotals);
        if (chance.Chance(0.5))
            totals.SuccessCount++;
        else
            totals.ErrorCount++;
        if (totals.SuccessCount > 0)
            totals.AddDuration(chance.Between(0, 5_000_000));
        return new ReplayedEvent(source, offset, index, recordTime, new BucketKey<Hour>(hour, chance.Pick(world.Plan.Habits.Labels)), totals)
        {
            // Whoever does not know of a rollup does not say what the event counts under in it.
            Others = options.Rollups.Count == 1 ? ReadOnlyDictionary<string, string>.Empty : new Dictionary<string, string> { [WorldPlan.ByModel.Name] = "m-1" },
        };
    }
}
