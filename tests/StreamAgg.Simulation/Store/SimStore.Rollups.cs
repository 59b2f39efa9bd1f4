using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Store;

internal sealed partial class SimStore
{
    private bool CountsRollup => rollups.Count > 1;

    /// <summary>The rollup of the configuration comes into the database: what is counted so far is counted without it.</summary>
    /// <param name="added">Runs in the instant of the commit.</param>
    public async Task MigrateAsync(Action added, CancellationToken cancellation)
    {
        Transaction session = Open(cancellation);
        if (Rules.MigrationWaits)
            await LockPipelineAsync(session);
        await ArriveAsync(session, writes: true);
        await LockAsync(database.Rollup, session);
        if (database.Rollup.Newest is not null)
        {
            await FinishReadAsync(session);
            return;
        }

        database.Rollup.Write(new RollupRow(1, CountedUpTo(source: null) ?? Instant.MinValue));
        await AnswerAsync(session);
        await CommitAsync(session, () =>
        {
            if (IsTraced)
                trace!.Write("database", $"COMMIT rollup from {database.Rollup.Committed!.CompleteFrom}");
            added();
        });
    }

    /// <exception cref="PipelineStoppedException">The database's list is another one.</exception>
    private async ValueTask<RollupRow?> RequireRollupsAsync(Transaction session)
    {
        await ArriveAsync(session, writes: false);
        RollupRow? known = database.Rollup.Committed;
        if (Rules.ClaimComparesRollups && known is not null != CountsRollup)
        {
            database.Happenings.Count(Happening.RollupsRefused);
            session.Abort("other rollups");
            await scheduler.Delay(process, Latency());
            throw new PipelineStoppedException("The database's rollups are others.");
        }
        await AnswerAsync(session);
        return known;
    }

    /// <summary>What was counted of a partition without a rollup ends where the rollup begins.</summary>
    private async ValueTask BeginRollupAsync(Transaction session, SourcePartition source)
    {
        await ArriveAsync(session, writes: true);
        await LockAsync(database.Rollup, session);
        if (Rules.ClaimMovesRollup && database.Rollup.Newest is { } row && CountedUpTo(source) is { } end && end > row.CompleteFrom)
        {
            database.Happenings.Count(Happening.RollupMoved);
            database.Rollup.Write(row with { CompleteFrom = end });
        }
        await AnswerAsync(session);
    }

    /// <summary>The end of the last hour that holds anything: of one partition, or of all; folded it is everybody's.</summary>
    private Instant? CountedUpTo(SourcePartition? source)
    {
        Instant? last = null;
        foreach (var (key, cells) in database.Partials)
        {
            if (key.Rollup == Rollup.Platform && cells.Any(cell => cell.Value.Committed is not null && (source is null || cell.Key == source)))
                last = Later(last, key.Bucket.Start);
        }
        foreach (var (key, cell) in database.Bases.Cells)
        {
            if (key.Rollup == Rollup.Platform && cell.Committed is not null)
                last = Later(last, key.Bucket.Start);
        }
        return last is { } start && Rules.RollupBeginsWithWholeHour ? start.Hour.End : last;
    }

    /// <summary>Where a rollup may be published from; null: nowhere.</summary>
    private Instant? CompleteFrom(string rollup, IReadOnlyCollection<SourcePartition> partitions)
    {
        if (rollup == Rollup.Platform)
            return Instant.MinValue;
        if (!CountsRollup || database.Rollup.Committed is not { } row)
            return null;
        foreach (SourcePartition partition in partitions)
        {
            if (Rules.RollupWaitsForOwners && database.Sources.Committed(partition) is { Fence.Epoch: > 0 } source && source.Rollup != row.Id)
                return null;
        }
        return row.CompleteFrom;
    }

    private bool IsComplete(string rollup, Instant start, IReadOnlyCollection<SourcePartition> partitions) =>
        CompleteFrom(rollup, partitions) is { } from && start >= from;

    /// <summary>As a swap leaves them: those that it takes in begin with its first hour, of the others nothing is known up to its end.</summary>
    /// <returns>The names of those that it takes in.</returns>
    private async ValueTask<HashSet<string>> TouchRollupAsync(Transaction session, HourSwap swap)
    {
        HashSet<string> touched = [Rollup.Platform];
        if (!CountsRollup || database.Rollup.Committed is null)
            return touched;
        await ArriveAsync(session, writes: true);
        string name = rollups[1].Name;
        Instant? from = Rules.SwapLeavesIncomplete ? CompleteFrom(name, swap.Partitions) : database.Rollup.Committed?.CompleteFrom;
        if (from is { } complete && !swap.LeftOut.Contains(name) && complete <= swap.To.Start)
            touched.Add(name);
        await LockAsync(database.Rollup, session);
        RollupRow row = database.Rollup.Newest!;
        database.Rollup.Write(row with
        {
            CompleteFrom = touched.Contains(name) ? Instant.Min(row.CompleteFrom, swap.From.Start) : Instant.Max(row.CompleteFrom, swap.To.Start),
        });
        database.Happenings.Count(touched.Contains(name) ? Happening.RollupRebuilt : Happening.RollupLeftOut);
        await AnswerAsync(session);
        return touched;
    }
}
