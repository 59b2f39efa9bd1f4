using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Recounting;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Store;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Recounts;

/// <summary>Counts a range of hours again from the log, beside whoever runs, and puts the result in their place at once.</summary>
internal sealed class RebuildRun(OpenServers open, Terminal terminal, TimeProvider clock)
{
    /// <summary>So many records are read while no checkpoint can be written: well under a second.</summary>
    private const long MostUnderLock = 50_000;

    private const int MostSwaps = 10;

    private readonly PostgresRecountStore store = new(
        open.Database, open.Settings.Pipeline.Id, open.Settings.Postgres.PublishSchema, open.Settings.Pipeline.Rollups);

    public async Task<(long Events, int Rows)> RunAsync(Hour from, Hour to, CancellationToken stop)
    {
        var begun = await store.PositionsAsync(stop);
        if (begun.Count == 0)
            throw CommandFaultException.Dependency("Nothing was ever counted here: start `streamagg run`, and there is nothing to rebuild.");
        using var log = await CountedLog.OpenAsync(open, begun, clock, stop);
        log.Require(from);
        var options = open.Settings.Pipeline;
        var replayed = await store.ReplayedAsync(stop);
        var recount = new HourRecount(from, to, options.Rollups, options.Compression);
        foreach (var e in replayed.Where(e => e.Key.Bucket.CompareTo(from) >= 0 && e.Key.Bucket.CompareTo(to) < 0))
            foreach (PartialRow row in e.ToRows(options.Rollups, options.Compression))
                recount.Add(row);
        using var progress = new ProgressLine(terminal, "records", clock);
        var reading = new LogReading(log, new LogRecount(options, open.Settings.Topics, replayed, recount), progress);
        for (var counted = begun; log.Ahead(counted) > MostUnderLock; counted = await store.PositionsAsync(stop))
            await reading.ReadAsync(counted, stop);

        var swap = new HourSwap(from, to)
        {
            Kind = SwapKind.Rebuild,
            Partitions = log.Partitions,
            Compression = options.Compression,
            Contents = async soFar =>
            {
                if (soFar.Replayed != replayed.Count)
                    throw CommandFaultException.Dependency("Dead letters were replayed meanwhile; nothing was changed. Run it again.");
                log.RefuseOthers(soFar.Partitions);
                if (log.Ahead(soFar.Partitions) > MostUnderLock)
                    return null;
                await reading.ReadAsync(soFar.Partitions, stop);
                return recount.Rows();
            },
        };
        int rows = await SwapAsync(swap, () => reading.ReadOnAsync(store, stop), stop);
        return (recount.Events, rows);
    }

    /// <summary>What comes meanwhile is read before the next try.</summary>
    private async Task<int> SwapAsync(HourSwap swap, Func<Task> readOn, CancellationToken stop)
    {
        for (int attempt = 1; ; attempt++)
        {
            SwapResult done = await StoreAttempts.MakeAsync(() => store.SwapHoursAsync(swap, stop), clock, stop);
            if (done.IsDone)
            {
                foreach (string rollup in done.LeftOut)
                    await terminal.Error.WriteLineAsync(
                        $"note: the rollup {rollup} is complete from a later hour on only (`streamagg status`), or not counted by every member yet: its rows stay as they are. Rebuild up to that hour to fill it.");
                return done.Rows;
            }
            if (done.Refusing.Count > 0)
                throw CommandFaultException.Dependency(
                    $"Hour {done.Refusing[0]} was published and is open again: a partition has no watermark yet (`streamagg status` shows which). Run it again once it has.");
            if (attempt == MostSwaps)
                throw CommandFaultException.Dependency(
                    "The events come faster than they can be counted again; nothing was changed. Run it again at a quieter hour.");
            await readOn();
        }
    }
}
