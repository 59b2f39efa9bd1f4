using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Simulation.Store;

/// <summary>A row of <c>source_partition</c>.</summary>
/// <param name="Rollup">The id of the rollup that its owner counts beside the platform's; 0: of none.</param>
internal sealed record SourceRow(Fence Fence, string Owner, long NextOffset, string? TopicId, int? LeaderEpoch, Instant? Watermark, long Rollup = 0);

/// <summary>A row of <c>rollup</c>.</summary>
/// <param name="CompleteFrom">The first hour that may be published; the smallest time: all.</param>
internal sealed record RollupRow(long Id, Instant CompleteFrom);

/// <summary>A partition's rows of <c>event_tally</c>. One row here, for whoever may write one of them holds the lock that guards them all.</summary>
internal sealed record TallyRow(IReadOnlyDictionary<(long Minute, string Outcome, string Reason), long> Events)
{
    /// <summary>Stands for -infinity.</summary>
    private const long Old = long.MinValue;

    private const long KeptMinutes = 120;

    public static TallyRow Empty { get; } = new(new Dictionary<(long, string, string), long>());

    public TallyRow Add(IReadOnlyList<OutcomeCount> outcomes, Instant now)
    {
        long minute = now.ToUnixMilliseconds() / 60_000;
        var after = new Dictionary<(long, string, string), long>();
        foreach (var ((at, outcome, reason), events) in Events)
            AddTo(after, (at < minute - KeptMinutes ? Old : at, outcome, reason), events);
        foreach (OutcomeCount count in outcomes)
            AddTo(after, (minute, count.Outcome, count.Reason), count.Events);
        return new TallyRow(after);
    }

    private static void AddTo(Dictionary<(long, string, string), long> rows, (long, string, string) key, long events) =>
        rows[key] = rows.GetValueOrDefault(key) + events;
}

/// <summary>A row of <c>partial</c> or <c>hour_base</c>: contents and the number of their changes.</summary>
internal sealed record CountedRow(PartialRow Row, long Rev);

/// <summary>The key of <c>dead_letter_replay</c>.</summary>
internal readonly record struct ReplayPlace(SourcePartition Source, long Offset, int EventIndex, long RecordTime)
{
    public static ReplayPlace Of(ReplayedEvent e) => new(e.Source, e.Offset, e.EventIndex, e.RecordTime);
}

/// <summary>A row of <c>dirty_hour</c> or <c>dirty_day</c>.</summary>
internal sealed record MarkRow(long Mark);

/// <summary>A row of <c>hour_sketch</c> or <c>day_sketch</c>.</summary>
internal sealed record SketchRow(long InputRev, BucketTotals Totals, SpreadCentroids Centroids, bool RowKept);

/// <summary>The figures of a public row, as its columns hold them.</summary>
internal sealed record FigureRow(
    long Requests, long Successes, long Errors, long Errors4xx, long Errors5xx, long Timeouts, double? MeanMilliseconds, double? P99Milliseconds,
    double ErrorRatePercent)
{
    public static FigureRow Of(in BucketTotals totals, double? p99Milliseconds) => new(
        totals.RequestCount, totals.SuccessCount, totals.ErrorCount, totals.Error4xxCount, totals.Error5xxCount, totals.TimeoutCount,
        totals.MeanMilliseconds, p99Milliseconds, totals.ErrorRatePercent);
}

/// <summary>Stands for "this topic was introduced": the transaction that gives a topic's partitions their starts holds its lock.</summary>
internal sealed record TopicRow(string TopicId);
