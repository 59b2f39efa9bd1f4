using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Store;
using StreamAgg.Simulation.Swarm;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Proof;

/// <summary>What has to be true of the tables by themselves, whatever was counted: marks that stand, and bounds that hold.</summary>
internal sealed class TableInvariants(Database database, WorldPlan plan, Happenings happenings, Action<string, string> fail)
{
    private readonly string[] labels = [.. plan.Habits.Labels, Rollup.Other];
    private readonly Dictionary<SourcePartition, Hour> foldedUpTo = [];

    public void Add(ref BucketTotals totals, BucketKey<Hour> key)
    {
        totals.Add(database.Bases.Committed(key)?.Row.Totals ?? default);
        foreach (var (_, cell) in database.PartialsOf(key))
        {
            if (cell.Committed is { } partial)
                totals.Add(partial.Row.Totals);
        }
    }

    public void AddAllLabels(ref BucketTotals totals, Hour hour)
    {
        foreach (string label in labels)
            Add(ref totals, new BucketKey<Hour>(hour, label));
    }

    /// <summary>A partition holds so many labels of an hour as are allowed, and one for the others.</summary>
    public void CheckLabels(Hour hour)
    {
        if (database.PartialsOf(new BucketKey<Hour>(hour, Rollup.Other)).Count > 0)
            happenings.Count(Happening.LabelOverflow);
        foreach (SourcePartition source in database.Sources.Cells.Keys)
        {
            int held = labels.Count(label =>
                database.PartialsOf(new BucketKey<Hour>(hour, label)).TryGetValue(source, out Versioned<CountedRow>? cell) && cell.Committed is not null);
            if (held > plan.Options.MaxPlatforms + 1)
                fail(Invariants.Bounded, $"{source} holds {held} labels of hour {hour}, {plan.Options.MaxPlatforms} and one are allowed");
        }
    }

    /// <summary>No wake-up is lost: where the published sketch is older than what it is made of, the mark stands.</summary>
    public void CheckMark(BucketKey<Hour> key)
    {
        long rev = database.Bases.Committed(key)?.Rev ?? 0;
        foreach (var (_, cell) in database.PartialsOf(key))
            rev += cell.Committed?.Rev ?? 0;
        if (rev > (database.HourSketches.Committed(key)?.InputRev ?? 0) && database.DirtyHours.Committed(key) is null)
            fail(Invariants.Wakeups, $"{key}: rev {rev} is not published and nothing says so");
    }

    public void CheckMark(BucketKey<Day> key)
    {
        long rev = 0;
        for (int i = 0; i < 24; i++)
            rev += database.HourSketches.Committed(new BucketKey<Hour>(new Hour(key.Bucket.FirstHour.SinceEpoch + i), key.Label, key.Rollup))?.InputRev ?? 0;
        if (rev > (database.DaySketches.Committed(key)?.InputRev ?? 0) && database.DirtyDays.Committed(key) is null)
            fail(Invariants.Wakeups, $"{key}: rev {rev} is not published and nothing says so");
    }

    /// <summary>
    /// A checkpoint leaves no partial behind of an hour that was long over, by the watermark that its owner knew. Where it may fold but a
    /// few, nobody can say here which: a partition that was dropped from it may have had them all. Then it is only said of the end.
    /// </summary>
    public void CheckFolded(PartitionCheckpoint partition, SourceRow row)
    {
        if (plan.Bounds.CheckpointFolds < MemberBounds.Default.CheckpointFolds || row.Watermark is not { } watermark)
            return;
        SourcePartition source = partition.Source;
        foreach (PartialRow kept in partition.Changed)
        {
            if (kept.Hour.End + AtRest.FoldAfter <= watermark)
                fail(Invariants.Bounded, $"{source} keeps hour {kept.Hour} '{kept.Label}' at watermark {watermark}");
        }

        // What was there before and stays can only be too old where another hour has become so.
        Hour hourOfWatermark = watermark.Hour;
        if (foldedUpTo.TryGetValue(source, out Hour known) && known == hourOfWatermark)
            return;
        foldedUpTo[source] = hourOfWatermark;
        foreach (var (hour, cells) in database.Partials)
        {
            if (hour.Bucket.End + AtRest.FoldAfter <= watermark && cells.TryGetValue(source, out Versioned<CountedRow>? cell) && cell.Committed is not null)
                fail(Invariants.Bounded, $"{source} still holds hour {hour.Bucket} '{hour.Label}' at watermark {watermark}");
        }
    }
}
