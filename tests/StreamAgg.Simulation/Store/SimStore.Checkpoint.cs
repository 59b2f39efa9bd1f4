using System.Runtime.CompilerServices;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Proof;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Store;

internal sealed partial class SimStore
{
    public async Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation)
    {
        var ordered = new List<PartitionCheckpoint>(partitions);
        ordered.Sort(static (a, b) => a.Source.CompareTo(b.Source));
        if (!Rules.LocksInOrder && chance.Chance(0.5))
            ordered.Reverse();

        IReadOnlyList<Reading> readings = database.Witness?.Beginning(ordered) ?? [];
        Transaction session = Open(cancellation);
        List<SourcePartition> fenced = await LockAndCompareAsync(session, ordered);
        if (fenced.Count > 0)
        {
            database.Happenings.Count(Happening.CheckpointFenced);
            if (IsTraced)
                trace!.Write("database", $"ROLLBACK checkpoint of {process.Name}: fenced {string.Join(", ", fenced)}");
            await ArriveAsync(session, writes: false);
            session.Abort("fenced");
            await scheduler.Delay(process, Latency());
            return new CheckpointResult(fenced);
        }

        await MoveOffsetsAsync(session, ordered);
        await TallyAsync(session, ordered);
        await WriteChangedAsync(session, ordered);
        await FoldAsync(session, ordered);
        await MarkHoursAsync(session, ordered);
        await CommitAsync(session, () => Visible(ordered, readings), () => database.Witness?.Committing(ordered));
        return CheckpointResult.Committed;
    }

    private void Visible(List<PartitionCheckpoint> partitions, IReadOnlyList<Reading> readings)
    {
        database.Happenings.Count(Happening.Checkpoint);
        bool isEmpty = true;
        foreach (PartitionCheckpoint partition in partitions)
        {
            isEmpty &= partition.Changed.Count == 0 && partition.Folds.Count == 0;
            foreach (Gap gap in partition.Gaps)
                database.AddGap(gap);
            if (IsTraced)
            {
                trace!.Write("database", $"COMMIT checkpoint of {process.Name}: {partition.Source} epoch {partition.Fence.Epoch} "
                    + $"number {partition.Fence.Checkpoint + 1} next {partition.NextOffset} watermark {partition.Watermark} "
                    + $"changed [{string.Join(' ', partition.Changed.Select(row => $"{row.Hour.SinceEpoch}/{row.Label}={row.Totals.RequestCount}"))}] "
                    + $"folds [{string.Join(' ', partition.Folds.Select(fold => $"{fold.Row.Hour.SinceEpoch}/{fold.Row.Label}={fold.Row.Totals.RequestCount}{(fold.Changed ? "*" : "")}"))}]");
            }
        }
        if (isEmpty)
            database.Happenings.Count(Happening.CheckpointOfNothing);
        database.Witness?.Committed(partitions, readings);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<List<SourcePartition>> LockAndCompareAsync(Transaction session, List<PartitionCheckpoint> ordered)
    {
        await ArriveAsync(session, writes: true);
        var fenced = new List<SourcePartition>();
        foreach (PartitionCheckpoint partition in ordered)
        {
            Versioned<SourceRow> cell = database.Sources[partition.Source];
            if (cell.Committed is not null)
                await LockAsync(cell, session);
            if (!Holds(cell.Newest, partition.Fence))
                fenced.Add(partition.Source);
        }
        await AnswerAsync(session);
        return fenced;
    }

    private bool Holds(SourceRow? row, Fence mine)
    {
        if (row is null)
            return false;
        if (!Rules.ComparesFence)
            return true;
        return row.Fence.Epoch == mine.Epoch && row.Fence.Claim == mine.Claim
            && (!Rules.ComparesCheckpoint || row.Fence.Checkpoint == mine.Checkpoint);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask MoveOffsetsAsync(Transaction session, List<PartitionCheckpoint> ordered)
    {
        await ArriveAsync(session, writes: true);
        foreach (PartitionCheckpoint partition in ordered)
        {
            Versioned<SourceRow> cell = database.Sources[partition.Source];
            SourceRow row = cell.Newest!;
            cell.Write(row with
            {
                NextOffset = partition.NextOffset,
                LeaderEpoch = partition.LeaderEpoch,
                Watermark = Later(row.Watermark, partition.Watermark),
                Fence = row.Fence.Next,
            });
        }
        await AnswerAsync(session);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TallyAsync(Transaction session, List<PartitionCheckpoint> ordered)
    {
        if (ordered.TrueForAll(static partition => partition.Outcomes.Count == 0))
            return;
        await ArriveAsync(session, writes: true);
        foreach (PartitionCheckpoint partition in ordered)
        {
            if (partition.Outcomes.Count == 0)
                continue;
            Versioned<TallyRow> cell = database.Tallies[partition.Source];
            await LockAsync(cell, session);
            TallyRow row = (cell.Newest ?? TallyRow.Empty).Add(partition.Outcomes, database.Clock.Now);
            if (Rules.TalliesInCheckpoint)
                cell.Write(row);
            else
                cell.Seed(row);
        }
        await AnswerAsync(session);
    }

    private static Instant? Later(Instant? a, Instant? b) => a is null ? b : b is null ? a : Instant.Max(a.Value, b.Value);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteChangedAsync(Transaction session, List<PartitionCheckpoint> ordered)
    {
        if (ordered.TrueForAll(static partition => partition.Changed.Count == 0))
            return;
        await ArriveAsync(session, writes: true);
        foreach (PartitionCheckpoint partition in ordered)
        {
            foreach (PartialRow row in partition.Changed)
            {
                Versioned<CountedRow> cell = database.Partial(row.Key, partition.Source);
                await LockAsync(cell, session);
                cell.Write(new CountedRow(row, (cell.Newest?.Rev ?? 0) + 1));
            }
        }
        await AnswerAsync(session);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FoldAsync(Transaction session, List<PartitionCheckpoint> ordered)
    {
        if (ordered.TrueForAll(static partition => partition.Folds.Count == 0))
            return;

        await ArriveAsync(session, writes: true);
        var added = new SortedDictionary<BucketKey<Hour>, (CountedRow Sum, List<SpreadBytes> Digests)>();
        foreach (PartitionCheckpoint partition in ordered)
        {
            foreach (Fold fold in partition.Folds)
            {
                database.Happenings.Count(Happening.Fold);
                if (!fold.Changed)
                    database.Happenings.Count(Happening.FoldUnchanged);
                Versioned<CountedRow> cell = database.Partial(fold.Row.Key, partition.Source);
                if (cell.Committed is not null || cell.Newest is not null)
                    await LockAsync(cell, session);
                long rev = cell.Newest?.Rev ?? 0;
                if (cell.Newest is not null)
                    cell.Write(null);
                AddFold(added, fold, rev + (fold.Changed && Rules.CountsFoldedChange ? 1 : 0));
            }
        }
        await AnswerAsync(session);
        await AddToBasesAsync(session, added);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AddToBasesAsync(Transaction session, SortedDictionary<BucketKey<Hour>, (CountedRow Sum, List<SpreadBytes> Digests)> added)
    {
        await ArriveAsync(session, writes: true);
        var met = new List<(Versioned<CountedRow> Versioned, List<SpreadBytes> Digests)>();
        foreach (var (key, (sum, digests)) in added)
        {
            Versioned<CountedRow> cell = database.Bases[key];
            await LockAsync(cell, session);
            CountedRow? before = cell.Newest;
            if (before is null || !Rules.AddsToBase)
            {
                cell.Write(sum with { Row = sum.Row with { Digests = Encode(digests) } });
                continue;
            }

            database.Happenings.Count(Happening.FoldMeetsBase);
            BucketTotals totals = before.Row.Totals;
            totals.Add(sum.Row.Totals);
            cell.Write(new CountedRow(before.Row with { Totals = totals }, before.Rev + (Rules.RaisesBaseRev ? sum.Rev : 0)));
            met.Add((cell, digests));
        }
        await AnswerAsync(session);
        if (met.Count == 0)
            return;

        await ArriveAsync(session, writes: true);
        foreach (var (cell, digests) in met)
        {
            CountedRow row = cell.Newest!;
            digests.Insert(0, row.Row.Digests);
            cell.Write(row with { Row = row.Row with { Digests = Encode(digests) } });
        }
        await AnswerAsync(session);
    }

    private static void AddFold(SortedDictionary<BucketKey<Hour>, (CountedRow Sum, List<SpreadBytes> Digests)> added, Fold fold, long rev)
    {
        PartialRow row = fold.Row;
        if (!added.TryGetValue(row.Key, out var entry))
            entry = (new CountedRow(row with { Totals = default, Digests = default }, 0), []);
        BucketTotals totals = entry.Sum.Row.Totals;
        totals.Add(row.Totals);
        entry.Digests.Add(row.Digests);
        added[row.Key] = (new CountedRow(entry.Sum.Row with { Totals = totals }, entry.Sum.Rev + rev), entry.Digests);
    }

    private static SpreadBytes Encode(List<SpreadBytes> digests) => new(Encode(digests, Spreads.Latency), Encode(digests, Spreads.Ttft));

    private static ReadOnlyMemory<byte> Encode(List<SpreadBytes> encoded, int spread)
    {
        TDigest[] digests =
        [
            .. encoded.Where(bytes => !bytes[spread].IsEmpty)
                .Select(bytes => TDigest.TryDecode(bytes[spread].Span, out TDigest? digest) ? digest : throw new InvalidDataException("A digest is damaged.")),
        ];
        if (digests.Length == 0)
            return default;
        return (digests.Length == 1 ? digests[0] : TDigest.Merge(digests, digests[0].Compression)).ToBytes();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask MarkHoursAsync(Transaction session, List<PartitionCheckpoint> ordered)
    {
        var hours = new SortedSet<BucketKey<Hour>>();
        foreach (PartitionCheckpoint partition in ordered)
        {
            foreach (PartialRow row in partition.Changed)
                hours.Add(row.Key);
            foreach (Fold fold in partition.Folds)
            {
                if (fold.Changed)
                    hours.Add(fold.Row.Key);
            }
        }
        if (hours.Count > 0)
            await MarkHoursAsync(session, hours);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask MarkHoursAsync(Transaction session, SortedSet<BucketKey<Hour>> hours)
    {
        await ArriveAsync(session, writes: true);
        foreach (BucketKey<Hour> hour in Rules.LocksInOrder || chance.Chance(0.5) ? hours : hours.Reverse())
            await MarkAsync(session, database.DirtyHours[hour]);
        await AnswerAsync(session);
    }

    private async ValueTask MarkAsync(Transaction session, Versioned<MarkRow> cell)
    {
        // nextval is drawn for the row that is proposed, before its conflict is met.
        long mark = database.NextMark();
        await LockAsync(cell, session);
        if (cell.Newest is null || Rules.RenewsMark)
            cell.Write(new MarkRow(mark));
    }
}
