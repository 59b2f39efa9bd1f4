using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Log;
using StreamAgg.Simulation.Store;
using StreamAgg.Simulation.Swarm;

namespace StreamAgg.Simulation.Proof;

/// <summary>What has to be true once faults have stopped and everything is done.</summary>
internal sealed class AtRest(World world)
{
    /// <summary>A partition keeps an hour's partial this long after its end, by its own watermark, before it is folded into the base.</summary>
    public static readonly TimeSpan FoldAfter = TimeSpan.FromHours(2);

    /// <summary>Null where nothing is; else one thing that is not done yet.</summary>
    public string? WhatIsLeft()
    {
        Database database = world.Database;
        foreach (SimPartition partition in world.Cluster.Partitions)
        {
            if (database.Sources.Committed(partition.Source) is not { } row)
                return $"{partition.Source} was never claimed";
            if (row.TopicId != partition.TopicId)
                return $"{partition.Source} stands in {row.TopicId}, the topic is {partition.TopicId}";
            if (row.NextOffset != partition.End)
                return $"{partition.Source} stands at {row.NextOffset} of {partition.End}";
            if (database.Rollup.Committed is { } rollup && row.Rollup != rollup.Id)
                return $"{partition.Source} is counted without the rollup";
        }
        foreach (var (key, cell) in database.DirtyHours.Cells)
        {
            if (cell.Committed is not null && IsPublished(key.Rollup, key.Bucket.Start))
                return $"hour {key.Bucket} '{key.Label}' is marked";
        }
        foreach (var (key, cell) in database.DirtyDays.Cells)
        {
            if (cell.Committed is not null && IsPublished(key.Rollup, key.Bucket.Start))
                return $"day {key.Bucket} '{key.Label}' is marked";
        }
        foreach (var (hour, cells) in database.Partials)
        {
            foreach (var (source, cell) in cells)
            {
                if (cell.Committed is not null && database.Sources.Committed(source)?.Watermark is { } watermark
                    && hour.Bucket.End + FoldAfter <= watermark - TimeSpan.FromHours(1) && world.Cluster.Find(source) is not null)
                {
                    return $"{source} has not folded hour {hour.Bucket} '{hour.Label}'";
                }
            }
        }
        // The row of a log that was cut off stands at its end, too, while its owner has yet to find out and to read the new records.
        foreach (SimPartition partition in world.Cluster.Partitions)
        {
            if (partition.Truncations > 0 && FirstUncounted(partition) is { } offset)
                return $"{partition.Source} offset {offset} is not counted";
        }
        return null;
    }

    /// <summary>Whether what is counted there becomes a row: of the rollup beside the platform's from its first whole hour on.</summary>
    private bool IsPublished(string rollup, Instant start) =>
        rollup == Rollup.Platform || (world.Database.Rollup.Committed is { } row && row.CompleteFrom <= start);

    public void Verify()
    {
        VerifyLog();
        if (world.Plan.LabelsOverflow)
        {
            VerifySums();
            return;
        }
        // What was published once is corrected for good, wherever the rollup begins by now.
        foreach (var (key, account) in world.Ledger.Hours.Where(entry => IsPublished(entry.Key.Rollup, entry.Key.Bucket.Start)
            || (entry.Key.Bucket.Start >= world.Ledger.RollupUnknownUpTo && world.Database.Hourly.Committed(entry.Key) is not null)))
            VerifyRow(key, account, world.Database.Hourly.Committed(key), world.Database.HourSketches.Committed(key));
        foreach (var (key, account) in world.Ledger.Days.Where(entry => IsPublished(entry.Key.Rollup, entry.Key.Bucket.Start)
            || (entry.Key.Bucket.Start >= world.Ledger.RollupUnknownUpTo && world.Database.Daily.Committed(entry.Key) is not null)))
        {
            if (world.Database.HasUnseenHours(key))
                VerifyHeld(key, account, world.Database.Daily.Committed(key), world.Database.DaySketches.Committed(key));
            else
                VerifyRow(key, account, world.Database.Daily.Committed(key), world.Database.DaySketches.Committed(key));
        }
        foreach (var (key, cell) in world.Database.HourSketches.Cells)
        {
            if (cell.Committed is { Totals.IsEmpty: false } && !world.Ledger.Hours.ContainsKey(key))
                world.Fail(Invariants.RowsAreTrue, $"hour {key.Bucket} '{key.Label}' is published and was never counted");
        }
    }

    /// <summary>Every record that the log held and nobody lost is counted.</summary>
    private void VerifyLog()
    {
        foreach (SimPartition partition in world.Cluster.Partitions)
        {
            if (FirstUncounted(partition) is { } offset)
                world.Fail(Invariants.ExactlyOnce, $"{partition.Source} offset {offset} of {partition.TopicId} is in the log and was never counted");
        }
    }

    private long? FirstUncounted(SimPartition partition)
    {
        long start = Math.Max(partition.Beginning, world.Ledger.StartOf(partition));
        for (long offset = start; offset < partition.End; offset++)
        {
            LogEntry entry = partition[offset];
            if (entry.Kind == EntryKind.Record && !world.Ledger.IsSettled(partition, entry))
                return offset;
        }
        return null;
    }

    /// <summary>Which labels were counted under another one depends on timing, their sum does not.</summary>
    private void VerifySums()
    {
        Database database = world.Database;
        foreach (var (key, account) in world.Ledger.Hours)
        {
            VerifySum(key, account, database.HourSketches.Cells.Where(entry => entry.Key.Bucket == key.Bucket).Select(entry => entry.Value.Committed),
                database.Hourly.Cells.Where(entry => entry.Key.Bucket == key.Bucket).Select(entry => entry.Value.Committed));
        }
        foreach (var (key, account) in world.Ledger.Days)
        {
            VerifySum(key, account, database.DaySketches.Cells.Where(entry => entry.Key.Bucket == key.Bucket).Select(entry => entry.Value.Committed),
                database.Daily.Cells.Where(entry => entry.Key.Bucket == key.Bucket).Select(entry => entry.Value.Committed));
        }
    }

    private void VerifySum<TKey>(TKey which, Account account, IEnumerable<SketchRow?> sketches, IEnumerable<FigureRow?> rows)
    {
        BucketTotals sum = default;
        foreach (SketchRow? sketch in sketches)
            sum.Add(sketch?.Totals ?? default);
        if (sum != account.Totals)
            world.Fail(Invariants.RowsAreTrue, $"{which}, all labels: the sketches hold {Ledger.Say(sum)}, the log {Ledger.Say(account.Totals)}");
        long requests = rows.Sum(row => row?.Requests ?? 0);
        if (requests != account.Totals.RequestCount)
            world.Fail(Invariants.RowsAreTrue, $"{which}, all labels: the rows hold {requests} requests, the log {account.Totals.RequestCount}");
    }

    /// <summary>Hours that others counted were never seen: the day stays as the batch job left it, and the state knows the part that is known.</summary>
    private void VerifyHeld(BucketKey<Day> which, Account account, FigureRow? row, SketchRow? sketch)
    {
        if (row is not null && row != FaultMaker.Foreign(1))
            world.Fail(Invariants.RowsAreTrue, $"{which}: {row} was written although hours of it were never seen");
        if (sketch is not { RowKept: true } || sketch.Totals != account.Totals)
            world.Fail(Invariants.RowsAreTrue, $"{which}: the held day's sketch is {sketch}, the log counts {Ledger.Say(account.Totals)}");
    }

    private void VerifyRow<TKey>(TKey which, Account account, FigureRow? row, SketchRow? sketch)
    {
        if (row is null || sketch is null)
        {
            world.Fail(Invariants.RowsAreTrue, $"{which} has no row; the log counts {Ledger.Say(account.Totals)}");
            return;
        }
        if (sketch.Totals != account.Totals)
            world.Fail(Invariants.RowsAreTrue, $"{which}: the sketch holds {Ledger.Say(sketch.Totals)}, the log {Ledger.Say(account.Totals)}");
        if (sketch.RowKept)
        {
            if (row.Requests <= account.Totals.RequestCount)
                world.Fail(Invariants.RowsAreTrue, $"{which}: a foreign row of {row.Requests} requests was kept against {account.Totals.RequestCount}");
            return;
        }
        BucketTotals totals = account.Totals;
        if (row != FigureRow.Of(totals, row.P99Milliseconds))
            world.Fail(Invariants.RowsAreTrue, $"{which}: {row}, the log counts {Ledger.Say(totals)}");
        if (Percentile.Judge(account.DurationsMicros, row.P99Milliseconds, world.Plan.Options.Compression) is { } wrong)
            world.Fail(Invariants.Percentile, $"{which}: {wrong}");
    }
}
