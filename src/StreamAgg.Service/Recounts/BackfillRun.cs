using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Recounting;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Raw;
using StreamAgg.Postgres.Store;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Recounts;

/// <summary>
/// Fills hours from the gateway's own tables, chunk by chunk: each is one transaction that also remembers its hours, so a crash loses no more
/// than the chunk at hand.
/// </summary>
internal sealed class BackfillRun(OpenServers open, RawReader raw, Terminal terminal, TimeProvider clock)
{
    private readonly BackfillQuery query = new(open.Database, open.Settings.Pipeline.Id, open.Settings.Postgres.PublishSchema);
    private readonly PostgresRecountStore store = new(
        open.Database, open.Settings.Pipeline.Id, open.Settings.Postgres.PublishSchema, open.Settings.Pipeline.Rollups);
    private readonly ChunkPace pace = new();
    private readonly RawTally tally = new();
    private int filled;

    public async Task<BackfillReport> RunAsync(BackfillRange range, CancellationToken stop)
    {
        Instant?[] beginnings = [.. raw.Beginnings.Values.Where(first => first is not null)];
        var plan = BackfillPlan.Of(range, await query.ReadAsync(stop), beginnings.Min());
        if (plan.Hours > 0)
            tally.Add(raw.Outside);
        using var progress = new ProgressLine(terminal, "raw rows", clock);
        Hour at = plan.From;
        try
        {
            while (at.CompareTo(plan.To) < 0)
            {
                if (plan.PassedOver.Contains(at))
                    at = new Hour(at.SinceEpoch + 1);
                else
                    at = await StoreAttempts.MakeAsync(() => FillAsync(plan, at, progress, stop), clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw CommandFaultException.Dependency(
                $"Stopped: {filled} of {plan.Hours} hours are filled, up to {at}. Run it again "
                    + $"{(range.IsReplacing ? $"with --from {at} " : "")}to go on.");
        }
        return new BackfillReport(plan, tally);
    }

    /// <returns>The end of what was filled, or its beginning where it was too much at once.</returns>
    private async Task<Hour> FillAsync(BackfillPlan plan, Hour from, ProgressLine progress, CancellationToken stop)
    {
        Hour to = pace.EndOf(from, plan.To);
        if (plan.PassedOver.Count > 0)
            to = new Hour(Enumerable.Range(from.SinceEpoch, to.SinceEpoch - from.SinceEpoch)
                .FirstOrDefault(hour => plan.PassedOver.Contains(new Hour(hour)), to.SinceEpoch));
        var options = open.Settings.Pipeline;
        var recount = new HourRecount(from, to, options.Rollups, options.Compression);
        long total = tally.Rows + await raw.EstimateAsync(from, plan.To, stop), read = 0;
        var found = await raw.ReadAsync(from, to, recount, Tell, stop);
        stop.ThrowIfCancellationRequested();
        pace.Took(from, to, found?.Rows ?? read, recount.Partials);
        if (found is null)
            return from;
        await SwapAsync(plan, from, to, recount.Rows(), stop);
        tally.Add(found);
        filled += to.SinceEpoch - from.SinceEpoch;
        return to;

        bool Tell(long rows)
        {
            read = rows;
            long done = tally.Rows + rows;
            progress.Tell(done, Math.Max(done, total), tally.Refused > 0 ? $", {tally.Refused:#,0} refused" : "");
            return !ChunkPace.IsTooLarge(from, to, rows, recount.Partials);
        }
    }

    /// <summary>A swap whose outcome nobody knows is made once more: where it was committed, the hours are found filled.</summary>
    private async Task SwapAsync(BackfillPlan plan, Hour from, Hour to, IReadOnlyList<PartialRow> rows, CancellationToken stop)
    {
        var swap = new HourSwap(from, to)
        {
            // Kafka is not asked: these hours are over, whatever it holds.
            Partitions = [.. (await store.PositionsAsync(stop)).Select(position => position.Source)],
            // Replacing costs every member its partitions' memory: only where there is something to replace.
            Kind = plan.PassedOver.Count == 0 && plan.Occupied.Any(hour => hour.CompareTo(from) >= 0 && hour.CompareTo(to) < 0)
                ? SwapKind.Replace
                : SwapKind.Fill,
            Compression = open.Settings.Pipeline.Compression,
            LeftOut = raw.LeftOut,
            Contents = _ => Task.FromResult<IReadOnlyList<PartialRow>?>(rows),
        };
        var result = await store.SwapHoursAsync(swap, stop);
        if (result.IsDone)
            return;
        var state = await query.ReadAsync(stop);
        Hour[] live = [.. result.Refusing.Where(hour => !state.Filled.Contains(hour))];
        if (live.Length > 0)
            throw CommandFaultException.Dependency(
                $"Events of {string.Join(", ", live.Take(10))} came in from the stream meanwhile. {filled} hours are filled, up to {from}. "
                + "Leave these hours out, or replace them as a whole by what the raw tables hold: --replace.");
        if (!Enumerable.Range(from.SinceEpoch, to.SinceEpoch - from.SinceEpoch).All(hour => state.Filled.Contains(new Hour(hour))))
            throw CommandFaultException.Dependency($"Somebody else fills hours of {from} to {to}. {filled} hours are filled here. Run it again.");
    }
}
