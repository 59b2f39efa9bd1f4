using System.Runtime.CompilerServices;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Store;

internal sealed partial class SimStore
{
    /// <remarks>A REPEATABLE READ READ ONLY transaction sees one instant, so one step is all of it.</remarks>
    public async Task<DirtySnapshot<Hour>> ReadDirtyHoursAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation)
    {
        Transaction read = Open(cancellation);
        await ArriveAsync(read, writes: false);
        Instant? watermark = database.Watermark(partitions);
        var due = new List<(BucketKey<Hour> Key, long Mark)>();
        foreach (var (key, cell) in database.DirtyHours.Cells)
        {
            if (cell.Committed is { } mark && watermark is { } passed && key.Bucket.End <= passed && IsComplete(key.Rollup, key.Bucket.Start, partitions))
                due.Add((key, mark.Mark));
        }
        due.Sort(static (a, b) => (a.Key.Bucket, a.Key).CompareTo((b.Key.Bucket, b.Key)));
        limit = Math.Min(limit, Weather.MostKeys);
        bool hasMore = due.Count > limit;
        if (hasMore)
            due.RemoveRange(limit, due.Count - limit);

        var bases = new List<CountedRow?>(due.Count);
        foreach ((BucketKey<Hour> key, _) in due)
            bases.Add(Rules.ReadsBase ? database.Bases.Committed(key) : null);
        if (!Rules.ReadsOneSnapshot)
            await scheduler.Delay(null, Latency() * 20);
        var hours = new List<DirtyBucket<Hour>>(due.Count);
        for (int i = 0; i < due.Count; i++)
            hours.Add(new DirtyBucket<Hour>(due[i].Key, due[i].Mark, InputsOf(due[i].Key, bases[i])));
        await FinishSnapshotAsync(read);
        return new DirtySnapshot<Hour>(hours) { Watermark = watermark, HasMore = hasMore };
    }

    public async Task<PublishResult> PublishHoursAsync(IReadOnlyList<Publication<Hour>> hours, CancellationToken cancellation)
    {
        var ordered = new List<Publication<Hour>>(hours);
        ordered.Sort(static (a, b) => a.Key.CompareTo(b.Key));
        Transaction session = Open(cancellation);
        var (result, published, days) = await WriteHoursAsync(session, ordered, overrules: false);
        await CommitAsync(session, () =>
        {
            if (IsTraced && published.Count > 0)
                trace!.Write("database", $"COMMIT hours of {process.Name}: {string.Join(' ', published.Select(hour => $"{hour.Key.Bucket.SinceEpoch}/{hour.Key.Label}={hour.Totals.RequestCount}@{hour.InputRev}"))}");
            database.Witness?.PublishedHours(published);
            if (days.Count > 0)
                database.Witness?.PublishedDays(days);
        });
        return result;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(PublishResult Result, List<Publication<Hour>> Published, List<Publication<Day>> Days)> WriteHoursAsync(
        Transaction session, List<Publication<Hour>> ordered, bool overrules)
    {
        var taken = new List<(Publication<Hour> Hour, bool WasKept)>();
        await ArriveAsync(session, writes: true);
        foreach (Publication<Hour> hour in ordered)
        {
            Versioned<SketchRow> cell = database.HourSketches[hour.Key];
            if (await TakeSketchAsync(session, cell, hour.InputRev, hour.Totals, hour.Centroids, Rules.GuardsHour) is { } wasKept)
                taken.Add((hour, wasKept));
            else
                database.Happenings.Count(Happening.HourSkippedByGuard);
        }
        await AnswerAsync(session);

        List<Publication<Day>> days = [];
        var result = new PublishResult(0, 0, 0);
        if (taken.Count > 0)
        {
            await ArriveAsync(session, writes: true);
            foreach (var (hour, wasKept) in taken)
                result = await WriteFiguresAsync(session, database.Hourly[hour.Key], database.HourSketches[hour.Key], hour.Totals, hour.Contents.Latency?.P99, wasKept, overrules, result);
            await AnswerAsync(session);
            days = await MarkDaysAsync(session, taken.ConvertAll(static entry => entry.Hour));
        }

        await ClearAsync(session, ordered, static hour => hour.Mark, hour => database.DirtyHours[hour.Key]);
        return (result, taken.ConvertAll(static entry => entry.Hour), days);
    }

    public async Task<DirtySnapshot<Day>> ReadDirtyDaysAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation)
    {
        Transaction read = Open(cancellation);
        await ArriveAsync(read, writes: false);
        Instant? watermark = database.Watermark(partitions);
        var due = new List<DirtyBucket<Day>>();
        foreach (var (key, cell) in database.DirtyDays.Cells)
        {
            if (cell.Committed is { } mark && watermark is { } passed && key.Bucket.End <= passed && !(Rules.GatesDay && HasDirtyHour(key))
                && IsComplete(key.Rollup, key.Bucket.Start, partitions))
                due.Add(new DirtyBucket<Day>(key, mark.Mark, SketchesOf(key)));
        }
        due.Sort(static (a, b) => (a.Key.Bucket, a.Key).CompareTo((b.Key.Bucket, b.Key)));
        limit = Math.Min(limit, Weather.MostKeys);
        bool hasMore = due.Count > limit;
        if (hasMore)
            due.RemoveRange(limit, due.Count - limit);
        await FinishSnapshotAsync(read);
        return new DirtySnapshot<Day>(due) { Watermark = watermark, HasMore = hasMore };
    }

    public async Task<PublishResult> PublishDaysAsync(IReadOnlyList<Publication<Day>> days, CancellationToken cancellation)
    {
        var ordered = new List<Publication<Day>>(days);
        ordered.Sort(static (a, b) => a.Key.CompareTo(b.Key));
        Transaction session = Open(cancellation);
        var (result, published) = await WriteDaysAsync(session, ordered, overrules: false);
        await CommitAsync(session, () =>
        {
            if (IsTraced && published.Count > 0)
                trace!.Write("database", $"COMMIT days of {process.Name}: {string.Join(' ', published.Select(day => $"{day.Key.Bucket}/{day.Key.Label}={day.Totals.RequestCount}@{day.InputRev}"))}");
            database.Witness?.PublishedDays(published);
        });
        return result;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(PublishResult Result, List<Publication<Day>> Published)> WriteDaysAsync(
        Transaction session, List<Publication<Day>> ordered, bool overrules)
    {
        var taken = new List<(Publication<Day> Day, bool WasKept)>();
        await ArriveAsync(session, writes: true);
        foreach (Publication<Day> day in ordered)
        {
            if (await TakeSketchAsync(session, database.DaySketches[day.Key], day.InputRev, day.Totals, day.Centroids, Rules.GuardsDay) is { } wasKept)
                taken.Add((day, wasKept));
            else
                database.Happenings.Count(Happening.DaySkippedByGuard);
        }
        await AnswerAsync(session);

        var result = new PublishResult(0, 0, 0);
        if (taken.Count > 0)
        {
            await ArriveAsync(session, writes: true);
            foreach (var (day, wasKept) in taken)
            {
                Versioned<SketchRow> sketch = database.DaySketches[day.Key];
                if (Rules.HoldsDay && database.HasUnseenHours(day.Key, session))
                {
                    database.Happenings.Count(Happening.DayHeld);
                    sketch.Write(sketch.Newest! with { RowKept = true });
                    result = result with { RowsKept = result.RowsKept + 1 };
                    continue;
                }
                result = await WriteFiguresAsync(session, database.Daily[day.Key], sketch, day.Totals, day.Contents.Latency?.P99, wasKept, overrules, result);
            }
            await AnswerAsync(session);
        }

        await ClearAsync(session, ordered, static day => day.Mark, day => database.DirtyDays[day.Key]);
        return (result, taken.ConvertAll(static entry => entry.Day));
    }

    private Scheduler.Hop FinishSnapshotAsync(Transaction read)
    {
        if (!chance.Chance(Weather.AgeChance))
            return FinishReadAsync(read);
        database.Happenings.Count(Happening.SnapshotAged);
        read.Commit();
        return scheduler.Delay(process, chance.Between(500_000, 10_000_000));
    }

    private List<RevisedRow> InputsOf(BucketKey<Hour> key, CountedRow? counted, Transaction? session = null)
    {
        var inputs = new List<RevisedRow>();
        if (counted is not null)
            inputs.Add(new RevisedRow(counted.Row, counted.Rev));
        foreach (var (_, cell) in database.PartialsOf(key))
        {
            if (Seen(session, cell) is { } partial)
                inputs.Add(new RevisedRow(partial.Row, partial.Rev));
        }
        return inputs;
    }

    private bool HasDirtyHour(BucketKey<Day> day, Transaction? session = null)
    {
        for (int hour = 0; hour < 24; hour++)
        {
            if (Seen(session, database.DirtyHours[new BucketKey<Hour>(new Hour(day.Bucket.FirstHour.SinceEpoch + hour), day.Label, day.Rollup)]) is not null)
                return true;
        }
        return false;
    }

    private List<HourSketch> SketchesOf(BucketKey<Day> day, Transaction? session = null)
    {
        var sketches = new List<HourSketch>();
        for (int i = 0; i < 24; i++)
        {
            var hour = new Hour(day.Bucket.FirstHour.SinceEpoch + i);
            if (Seen(session, database.HourSketches[new BucketKey<Hour>(hour, day.Label, day.Rollup)]) is { } sketch)
                sketches.Add(new HourSketch(hour, day.Label, sketch.InputRev, sketch.Totals, sketch.Centroids));
        }
        return sketches;
    }

    /// <summary>The guarded upsert; null where the guard refused, else whether the row of somebody else's stands so far.</summary>
    private async ValueTask<bool?> TakeSketchAsync(
        Transaction session, Versioned<SketchRow> cell, long inputRev, BucketTotals totals, SpreadCentroids centroids, bool isGuarded)
    {
        await LockAsync(cell, session);
        SketchRow? before = cell.Newest;
        if (isGuarded && before is not null && before.InputRev >= inputRev)
            return null;
        // A row that was never ours is somebody else's until it is replaced.
        bool wasKept = before is null || before.RowKept;
        cell.Write(new SketchRow(inputRev, totals, centroids, wasKept));
        return wasKept;
    }

    private async ValueTask<PublishResult> WriteFiguresAsync(
        Transaction session, Versioned<FigureRow> cell, Versioned<SketchRow> sketch, BucketTotals totals, double? p99, bool wasKept, bool overrules, PublishResult result)
    {
        await LockAsync(cell, session);
        if (totals.IsEmpty)
        {
            bool stays = cell.Newest is not null && wasKept && !overrules;
            sketch.Write(sketch.Newest! with { RowKept = stays });
            if (cell.Newest is null)
                return result with { RowsUnchanged = result.RowsUnchanged + 1 };
            if (stays)
                return result with { RowsKept = result.RowsKept + 1 };
            cell.Write(null);
            return result with { RowsWritten = result.RowsWritten + 1 };
        }
        FigureRow figures = FigureRow.Of(totals, p99);
        FigureRow? before = cell.Newest;
        bool isForeign = wasKept && before is not null && !overrules;
        if (isForeign && figures.Requests < before!.Requests)
        {
            database.Happenings.Count(Happening.ForeignRowKept);
            return result with { RowsKept = result.RowsKept + 1 };
        }

        if (isForeign)
            database.Happenings.Count(Happening.ForeignRowReplaced);
        sketch.Write(sketch.Newest! with { RowKept = false });
        if (before == figures)
        {
            database.Happenings.Count(Happening.HourUnchanged);
            return result with { RowsUnchanged = result.RowsUnchanged + 1 };
        }
        cell.Write(figures);
        return result with { RowsWritten = result.RowsWritten + 1 };
    }

    /// <returns>Days that were written with their hours: none, unless a mutant does.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<List<Publication<Day>>> MarkDaysAsync(Transaction session, List<Publication<Hour>> hours)
    {
        await ArriveAsync(session, writes: true);
        var days = new SortedSet<BucketKey<Day>>();
        foreach (Publication<Hour> hour in hours)
            days.Add(new BucketKey<Day>(hour.Key.Bucket.Day, hour.Key.Label, hour.Key.Rollup));
        Instant? watermark = Rules.PublishesDayApart ? null : database.Watermark(database.Sources.Cells.Keys);
        foreach (BucketKey<Day> day in days)
        {
            if (watermark is null || day.Bucket.End > watermark)
                await MarkAsync(session, database.DirtyDays[day]);
        }
        if (watermark is not null)
        {
            days.RemoveWhere(day => day.Bucket.End > watermark);
            return await WriteDaysWithTheirHoursAsync(session, days);
        }
        await AnswerAsync(session);
        return [];
    }

    /// <summary>The mutant's days: merged in the client in the hours' own transaction, blind to hours that others are just writing.</summary>
    private async ValueTask<List<Publication<Day>>> WriteDaysWithTheirHoursAsync(Transaction session, SortedSet<BucketKey<Day>> days)
    {
        var sums = new List<Publication<Day>>();
        var written = new List<Publication<Day>>();
        foreach (BucketKey<Day> day in days)
            sums.Add(SumDay(session, day));
        await AnswerAsync(session);
        await ArriveAsync(session, writes: true);
        foreach (Publication<Day> day in sums)
        {
            Versioned<SketchRow> sketch = database.DaySketches[day.Key];
            if (await TakeSketchAsync(session, sketch, day.InputRev, day.Totals, default, Rules.GuardsDay) is not { } wasKept)
                continue;
            await WriteFiguresAsync(session, database.Daily[day.Key], sketch, day.Totals, day.Contents.Latency?.P99, wasKept, overrules: false, new PublishResult(0, 0, 0));
            written.Add(day);
        }
        await AnswerAsync(session);
        return written;
    }

    private Publication<Day> SumDay(Transaction session, BucketKey<Day> day)
    {
        BucketTotals totals = default;
        var digests = new List<TDigest>();
        long inputRev = 0;
        for (int i = 0; i < 24; i++)
        {
            var key = new BucketKey<Hour>(new Hour(day.Bucket.FirstHour.SinceEpoch + i), day.Label, day.Rollup);
            Versioned<SketchRow> cell = database.HourSketches[key];
            if ((cell.Holder == session ? cell.Newest : cell.Committed) is not { } sketch)
                continue;
            totals.Add(sketch.Totals);
            inputRev += sketch.InputRev;
            if (sketch.Centroids.Latency is { } centroids)
                digests.Add(StoredDigest.Restore(centroids, key.Bucket, key.Label));
        }
        TDigest? merged = digests.Count == 0 ? null : TDigest.Merge(digests.ToArray(), digests[0].Compression);
        return new Publication<Day>(day, 0, inputRev, new RowContents(totals, Quantiles.Of(merged)), default);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ClearAsync<T>(Transaction session, List<T> seen, Func<T, long> markOf, Func<T, Versioned<MarkRow>> cellOf)
    {
        await ArriveAsync(session, writes: true);
        foreach (T item in seen)
        {
            Versioned<MarkRow> cell = cellOf(item);
            if (cell.Holder != session && cell.Committed is null)
                continue;
            if (!cell.TryLock(session))
            {
                database.Happenings.Count(Happening.MarkSkippedLocked);
                continue;
            }
            if (cell.Newest is { } mark && (mark.Mark == markOf(item) || !Rules.ComparesMark))
                cell.Write(null);
            else
                database.Happenings.Count(Happening.MarkMovedOn);
        }
        await AnswerAsync(session);
    }
}
