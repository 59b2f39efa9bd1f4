using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Publishing;
using StreamAgg.Pipeline.Recounting;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Store;

internal sealed partial class SimStore : IRecountStore
{
    public async Task<IReadOnlyList<CountedPartition>> PositionsAsync(CancellationToken cancellation)
    {
        Transaction read = Open(cancellation);
        await ArriveAsync(read, writes: false);
        List<CountedPartition> positions = Positions();
        await FinishReadAsync(read);
        return positions;
    }

    public async Task<IReadOnlyList<ReplayedEvent>> ReplayedAsync(CancellationToken cancellation)
    {
        Transaction read = Open(cancellation);
        await ArriveAsync(read, writes: false);
        List<ReplayedEvent> replayed = [.. database.Replays.Cells.Values.Where(cell => cell.Committed is not null).Select(cell => cell.Committed!)];
        await FinishReadAsync(read);
        return replayed;
    }

    public async Task<int> ReplayAsync(IReadOnlyList<ReplayedEvent> events, int compression, CancellationToken cancellation)
    {
        Transaction session = Open(cancellation);
        if (Rules.ReplayWaitsForSwap)
            await LockPipelineAsync(session);
        await RequireRollupsAsync(session);
        await ArriveAsync(session, writes: true);
        var fresh = new List<ReplayedEvent>();
        foreach (ReplayedEvent e in events)
        {
            Versioned<ReplayedEvent> cell = database.Replays[ReplayPlace.Of(e)];
            await LockAsync(cell, session);
            if (cell.Newest is not null && Rules.RemembersReplays)
            {
                database.Happenings.Count(Happening.ReplayedAgain);
                continue;
            }
            cell.Write(e);
            fresh.Add(e);
        }
        await AnswerAsync(session);
        if (fresh.Count == 0)
        {
            await FinishReadAsync(session);
            return 0;
        }

        var sums = new HourRecount(default, default, rollups, compression);
        foreach (PartialRow row in fresh.SelectMany(e => e.ToRows(rollups, compression)))
            sums.Add(row);
        var added = new SortedDictionary<BucketKey<Hour>, (CountedRow Sum, List<SpreadBytes> Digests)>();
        foreach (PartialRow row in sums.Rows())
            AddFold(added, new Fold(row, Changed: true), 1);
        await AddToBasesAsync(session, added);
        await MarkHoursAsync(session, [.. added.Keys]);
        await CommitAsync(session, () =>
        {
            if (IsTraced)
                trace!.Write("database", $"COMMIT replay of {process.Name}: {string.Join(' ', fresh.Select(e => $"{e.Source} {e.Offset}/{e.EventIndex} in {e.Key.Bucket.SinceEpoch}/{e.Key.Label}"))}");
            database.Witness?.Replayed(fresh, CountsRollup);
        });
        return fresh.Count;
    }

    public async Task<SwapResult> SwapHoursAsync(HourSwap swap, CancellationToken cancellation)
    {
        Transaction session = Open(cancellation);
        await LockPipelineAsync(session);
        await RequireRollupsAsync(session);
        await ArriveAsync(session, writes: true);
        List<CountedPartition> positions = Positions();
        foreach (CountedPartition position in positions)
            await LockAsync(database.Sources[position.Source], session);
        // Read again under the locks, as READ COMMITTED does.
        positions = [.. positions.Select(position => PositionOf(position.Source, database.Sources[position.Source].Newest!))];
        Instant? watermark = database.Watermark(swap.Partitions);
        Instant closed = swap.Kind == SwapKind.Rebuild ? watermark ?? Instant.MinValue : Instant.Max(watermark ?? Instant.MinValue, swap.To.Start);
        if (swap.Kind == SwapKind.Fill ? IsLive(swap) : IsReopened(swap, closed))
        {
            await AnswerAsync(session);
            session.Abort("the hours hold something");
            await scheduler.Delay(process, Latency());
            return new SwapResult(false, [swap.From], 0);
        }
        int replayed = database.Replays.Cells.Values.Count(cell => cell.Committed is not null);
        await AnswerAsync(session);
        if (await swap.Contents(new CountedSoFar(positions, replayed)) is not { } contents)
        {
            session.Abort("no contents");
            await scheduler.Delay(process, Latency());
            return new SwapResult(false, [], 0);
        }

        await ArriveAsync(session, writes: true);
        if (swap.Kind != SwapKind.Fill && Rules.SwapFences)
        {
            foreach (CountedPartition position in positions)
            {
                Versioned<SourceRow> cell = database.Sources[position.Source];
                var claim = new Guid((int)chance.Next(), (short)chance.Next(), 1, 0, 0, 0, 0, 0, 0, 0, 0);
                SourceRow row = cell.Newest!;
                cell.Write(row with
                {
                    Fence = new Fence(row.Fence.Epoch + 1, claim, row.Fence.Checkpoint),
                    Rollup = row.Fence.Epoch > 0 ? row.Rollup : database.Rollup.Committed?.Id ?? 0,
                });
            }
        }
        HashSet<string> touched = await TouchRollupAsync(session, swap);
        await ArriveAsync(session, writes: true);
        SortedDictionary<BucketKey<Hour>, long> revs = await TakeRevsAsync(session, swap, touched, positions);
        contents = [.. contents.Where(row => touched.Contains(row.Rollup))];
        await PutAsync(session, revs, contents);
        if (Positions().Count != positions.Count)
        {
            session.Abort("a partition was claimed for the first time");
            await scheduler.Delay(process, Latency());
            return new SwapResult(false, [], 0);
        }
        await MarkHoursAsync(session, [.. revs.Keys]);
        var (hours, days, rows) = await PublishAsync(session, swap, touched, closed, [.. revs.Keys]);
        await CommitAsync(session, () =>
        {
            if (IsTraced)
            {
                trace!.Write("database", $"COMMIT {swap.Kind} of {process.Name}: {swap.From.SinceEpoch} to {swap.To.SinceEpoch} "
                    + $"[{string.Join(' ', contents.Select(row => $"{row.Hour.SinceEpoch}/{row.Label}={row.Totals.RequestCount}@{revs[row.Key]}"))}]");
            }
            database.Witness?.Swapped(swap, touched.Count > 1, hours, days);
        });
        return new SwapResult(true, [], rows);
    }

    private async ValueTask LockPipelineAsync(Transaction session)
    {
        await ArriveAsync(session, writes: true);
        await LockAsync(database.Pipeline, session);
        await AnswerAsync(session);
    }

    private List<CountedPartition> Positions() =>
    [
        .. database.Sources.Cells.Where(entry => entry.Value.Committed is not null).OrderBy(entry => entry.Key)
            .Select(entry => PositionOf(entry.Key, entry.Value.Committed!)),
    ];

    private static CountedPartition PositionOf(SourcePartition source, SourceRow row) => new(source, row.NextOffset, row.TopicId, row.Watermark, null);

    private bool IsLive(HourSwap swap) =>
        database.Partials.Any(entry => IsWithin(entry.Key, swap) && entry.Key.Rollup == Rollup.Platform && entry.Value.Values.Any(cell => cell.Committed is not null))
        || database.Bases.Cells.Any(entry => IsWithin(entry.Key, swap) && entry.Key.Rollup == Rollup.Platform && entry.Value.Committed is { Row.Totals.IsEmpty: false });

    private bool IsReopened(HourSwap swap, Instant closed) =>
        database.HourSketches.Cells.Any(entry => IsWithin(entry.Key, swap) && entry.Key.Rollup == Rollup.Platform && entry.Value.Committed is not null && entry.Key.Bucket.End > closed)
        || database.DaySketches.Cells.Any(entry => entry.Key.Rollup == Rollup.Platform && entry.Value.Committed is not null && entry.Key.Bucket.End > closed
            && entry.Key.Bucket.CompareTo(swap.From.Day) >= 0 && entry.Key.Bucket.CompareTo(new Hour(swap.To.SinceEpoch - 1).Day) <= 0);

    private static bool IsWithin(BucketKey<Hour> key, HourSwap swap) => key.Bucket.CompareTo(swap.From) >= 0 && key.Bucket.CompareTo(swap.To) < 0;

    private async ValueTask<SortedDictionary<BucketKey<Hour>, long>> TakeRevsAsync(
        Transaction session, HourSwap swap, HashSet<string> touched, List<CountedPartition> positions)
    {
        var revs = new SortedDictionary<BucketKey<Hour>, long>();
        foreach (BucketKey<Hour> key in database.Partials.Keys.Where(key => IsWithin(key, swap) && touched.Contains(key.Rollup)).Order().ToList())
        {
            foreach (CountedPartition position in positions)
            {
                if (!database.PartialsOf(key).TryGetValue(position.Source, out Versioned<CountedRow>? cell) || cell.Committed is null)
                    continue;
                await LockAsync(cell, session);
                if (cell.Newest is not { } partial)
                    continue;
                revs[key] = revs.GetValueOrDefault(key) + partial.Rev;
                if (Rules.SwapTakesPartials)
                    cell.Write(null);
            }
        }
        await AnswerAsync(session);
        await ArriveAsync(session, writes: true);
        foreach (BucketKey<Hour> key in database.Bases.Cells
            .Where(entry => IsWithin(entry.Key, swap) && touched.Contains(entry.Key.Rollup) && entry.Value.Committed is not null).Select(entry => entry.Key).Order().ToList())
        {
            await LockAsync(database.Bases[key], session);
            revs[key] = revs.GetValueOrDefault(key) + (database.Bases[key].Newest?.Rev ?? 0);
        }
        await AnswerAsync(session);
        await ArriveAsync(session, writes: true);
        foreach (var (key, cell) in database.HourSketches.Cells)
        {
            if (IsWithin(key, swap) && touched.Contains(key.Rollup) && cell.Committed is { } sketch)
                revs[key] = Math.Max(revs.GetValueOrDefault(key), sketch.InputRev);
        }
        if (swap.Kind == SwapKind.Rebuild)
        {
            foreach (var (key, cell) in database.Hourly.Cells)
            {
                if (IsWithin(key, swap) && touched.Contains(key.Rollup) && cell.Committed is not null)
                    revs.TryAdd(key, 0);
            }
        }
        await AnswerAsync(session);
        return revs;
    }

    private async ValueTask PutAsync(Transaction session, SortedDictionary<BucketKey<Hour>, long> revs, IReadOnlyList<PartialRow> contents)
    {
        Dictionary<BucketKey<Hour>, PartialRow> byKey = contents.ToDictionary(row => row.Key);
        await ArriveAsync(session, writes: true);
        foreach (BucketKey<Hour> key in byKey.Keys.Concat(revs.Keys).Distinct().Order().ToList())
        {
            revs[key] = revs.GetValueOrDefault(key) + (Rules.SwapRaisesRev ? 1 : 0);
            Versioned<CountedRow> cell = database.Bases[key];
            await LockAsync(cell, session);
            cell.Write(new CountedRow(byKey.GetValueOrDefault(key) ?? new PartialRow(key.Bucket, key.Label, default, default, key.Rollup), revs[key]));
        }
        await AnswerAsync(session);
    }

    private async ValueTask<(List<Publication<Hour>> Hours, List<Publication<Day>> Days, int Rows)> PublishAsync(
        Transaction session, HourSwap swap, HashSet<string> touched, Instant closed, List<BucketKey<Hour>> keys)
    {
        bool overrules = swap.Kind == SwapKind.Rebuild;
        if (closed < swap.From.End)
            return ([], [], 0);
        Hour to = swap.To.Start <= closed ? swap.To : closed.Hour;
        keys.RemoveAll(key => key.Bucket.CompareTo(to) >= 0);
        await ArriveAsync(session, writes: true);
        List<Publication<Hour>> rows = keys.ConvertAll(key => RowMerge.Of(
            new DirtyBucket<Hour>(key, Seen(session, database.DirtyHours[key])!.Mark, InputsOf(key, Seen(session, database.Bases[key]), session)), swap.Compression));
        await AnswerAsync(session);
        var (result, hours, _) = await WriteHoursAsync(session, rows, overrules);
        int written = result.RowsWritten;

        await ArriveAsync(session, writes: true);
        var due = new List<Publication<Day>>();
        Day first = swap.From.Day, last = new Hour(to.SinceEpoch - 1).Day;
        foreach (BucketKey<Day> day in database.DirtyDays.Cells.Keys.Where(key => key.Bucket.CompareTo(first) >= 0 && key.Bucket.CompareTo(last) <= 0).Order())
        {
            // Of a rollup that begins within the swap's first day, that day is not whole.
            if (day.Rollup != Rollup.Platform && !(touched.Contains(day.Rollup) && SimStore.Seen(session, database.Rollup)!.CompleteFrom <= day.Bucket.Start))
                continue;
            if (day.Bucket.End > closed || HasDirtyHour(day, session) || Seen(session, database.DirtyDays[day]) is not { } mark)
                continue;
            due.Add(RowMerge.Of(new DirtyBucket<Day>(day, mark.Mark, SketchesOf(day, session)), swap.Compression));
        }
        await AnswerAsync(session);
        var (dayResult, days) = due.Count == 0 ? (new PublishResult(0, 0, 0), []) : await WriteDaysAsync(session, due, overrules);
        written += dayResult.RowsWritten;
        if (overrules)
        {
            Day firstWhole = Day.FirstFrom(swap.From.Start);
            written += await DeleteUncountedAsync(
                session, database.Daily, database.DaySketches, key => key.Bucket.CompareTo(firstWhole) >= 0 && key.Bucket.CompareTo(to.Day) < 0 && touched.Contains(key.Rollup));
        }
        return (hours, days, written);
    }

    private async ValueTask<int> DeleteUncountedAsync<TBucket>(
        Transaction session, Table<BucketKey<TBucket>, FigureRow> rows, Table<BucketKey<TBucket>, SketchRow> sketches, Func<BucketKey<TBucket>, bool> isWithin)
        where TBucket : IComparable<TBucket>
    {
        await ArriveAsync(session, writes: true);
        int deleted = 0;
        foreach (BucketKey<TBucket> key in rows.Cells.Keys.Where(isWithin).Order().ToList())
        {
            if (Seen(session, rows[key]) is null || Seen(session, sketches[key]) is { Totals.IsEmpty: false })
                continue;
            await LockAsync(rows[key], session);
            rows[key].Write(null);
            deleted++;
        }
        await AnswerAsync(session);
        return deleted;
    }

    /// <summary>Its own writes, and what is committed.</summary>
    public static TRow? Seen<TRow>(Transaction? session, Versioned<TRow> cell)
        where TRow : class => session is not null && cell.Holder == session ? cell.Newest : cell.Committed;
}
