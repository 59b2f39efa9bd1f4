using System.Diagnostics;
using System.Diagnostics.Metrics;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Telemetry;

/// <summary>Every instrument and the activity source of the pipeline. Safe from any thread. Units are UCUM's.</summary>
/// <remarks>Attributes are bounded: kinds, outcomes and reasons are fixed, platforms stop at <see cref="PipelineOptions.MaxPlatforms"/>.</remarks>
public sealed class StreamAggMetrics : IDisposable
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "StreamAgg";

    /// <summary>Seconds. An exporter's own buckets are made for milliseconds: all of ours would fall into the first.</summary>
    private static readonly InstrumentAdvice<double> DurationBuckets = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    /// <summary>Up to the bound on what may be unsaved.</summary>
    private static readonly InstrumentAdvice<long> RowBuckets = new()
    {
        HistogramBucketBoundaries = [0, 10, 30, 100, 300, 1000, 3000, 10_000, 32_768],
    };

    private readonly Meter meter = new(Name);
    private readonly string groupId;
    private readonly BoundedLabels labels;
    private readonly Counter<long> consumed;
    private readonly Counter<long> events;
    private readonly Counter<long> requests;
    private readonly Counter<long> deadLetters;
    private readonly Counter<long> lateEvents;
    private readonly Counter<long> durationsLeftOut;
    private readonly Counter<long> eventsAhead;
    private readonly Histogram<double> checkpointDuration;
    private readonly Histogram<long> checkpointRows;
    private readonly Histogram<double> publishDuration;
    private readonly Counter<long> rowsPublished;
    private readonly Counter<long> rowsKept;
    private readonly Counter<long> rebalances;
    private readonly Counter<long> fenced;
    private readonly Counter<long> gaps;
    private readonly Counter<long> storeRetries;
    private readonly Counter<long> checkpointFailures;
    private readonly Counter<long> publishFailures;
    private readonly TimeProvider time;
    private readonly long startedAt;

    private long closedBeforeTicks = long.MinValue;
    private long failedCheckpoints;
    private long failedPublications;
    private volatile WatermarkFact? watermark;
    private volatile Standing? standing;

    /// <param name="groupId">The consumer group's name, for the messaging attributes.</param>
    /// <param name="maxPlatforms">How many labels may become attributes; the rest share one.</param>
    /// <param name="time">Of ages, which are computed when they are read; the system's where null.</param>
    public StreamAggMetrics(string groupId, int maxPlatforms, TimeProvider? time = null)
    {
        this.groupId = groupId;
        this.time = time ?? TimeProvider.System;
        startedAt = this.time.GetTimestamp();
        labels = new BoundedLabels(maxPlatforms);
        consumed = meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Records read from the log.");
        events = meter.CreateCounter<long>("streamagg.events", "{event}", "Events decoded, by kind and outcome (accepted, refused).");
        requests = meter.CreateCounter<long>("streamagg.requests", "{request}", "Requests in committed checkpoints, by platform and outcome.");
        deadLetters = meter.CreateCounter<long>(
            "streamagg.dead_letters", "{letter}",
            "Dead letters, by reason: one a refused event or record, one a reason where over 100 events of a record are refused.");
        lateEvents = meter.CreateCounter<long>(
            "streamagg.late_events", "{event}", "Events of hours that were closed already; they are merged all the same.");
        durationsLeftOut = meter.CreateCounter<long>(
            "streamagg.durations.left_out", "{event}", "Accepted events that count without their duration, by reason (negative, too_long).");
        eventsAhead = meter.CreateCounter<long>(
            "streamagg.events.ahead", "{event}", "Events whose time lies ahead of the database's clock; they are counted, and move no watermark.");
        checkpointDuration = meter.CreateHistogram("streamagg.checkpoint.duration", "s", "From the cut to the verdict.", null, DurationBuckets);
        checkpointRows = meter.CreateHistogram("streamagg.checkpoint.rows", "{row}", "Partials written or folded by a checkpoint.", null, RowBuckets);
        publishDuration = meter.CreateHistogram(
            "streamagg.publish.duration", "s", "One pass over the closed dirty hours and days.", null, DurationBuckets);
        rowsPublished = meter.CreateCounter<long>("streamagg.rows.published", "{row}", "Rows inserted or changed, by table.");
        rowsKept = meter.CreateCounter<long>("streamagg.rows.kept", "{row}", "Rows of somebody else's that stayed because ours would count less.");
        rebalances = meter.CreateCounter<long>("streamagg.rebalances", "{rebalance}", "Assignments, revocations and losses of partitions.");
        fenced = meter.CreateCounter<long>(
            "streamagg.fenced", "{partition}", "Checkpoints refused because the partition was claimed by another member.");
        gaps = meter.CreateCounter<long>("streamagg.gaps", "{gap}", "Stretches of the log that were gone before they were read.");
        storeRetries = meter.CreateCounter<long>("streamagg.store.retries", "{retry}", "Database calls that were tried again.");
        checkpointFailures = meter.CreateCounter<long>(
            "streamagg.checkpoint.failures", "{checkpoint}", "Checkpoints that a server did not let be written; they are tried again.");
        publishFailures = meter.CreateCounter<long>(
            "streamagg.publish.failures", "{pass}", "Passes of publishing that a server did not let come to their end.");
        foreach (var counter in new[] { lateEvents, eventsAhead, fenced, gaps, storeRetries, checkpointFailures, publishFailures })
            // From nothing to one is no rise to whoever collects: what alarms watch has to be there before it happens.
            counter.Add(0);
        foreach (string reason in new[] { Core.Events.DurationsLeftOut.NegativeReason, Core.Events.DurationsLeftOut.TooLongReason })
            durationsLeftOut.Add(0, new KeyValuePair<string, object?>("reason", reason));
        foreach (EventKind kind in Enum.GetValues<EventKind>())
        {
            Decoded(kind, "accepted", 0);
            Decoded(kind, "refused", 0);
        }

        foreach (string table in new[] { "hourly", "daily" })
        {
            rowsPublished.Add(0, new KeyValuePair<string, object?>("table", table));
            rowsKept.Add(0, new KeyValuePair<string, object?>("table", table));
        }

        meter.CreateObservableGauge(
            "streamagg.consumer.lag", Lags, "{message}", "Records between the committed offset and the log's end as last told.");
        meter.CreateObservableGauge(
            "streamagg.watermark.lag", () => WatermarkLag.TotalSeconds, "s",
            "How far the smallest watermark is behind now; the process's age where there was never one.");
        meter.CreateObservableGauge(
            "streamagg.checkpoint.age", () => CheckpointAge.TotalSeconds, "s",
            "Since the last checkpoint of the partition here that waits longest for one.");
        meter.CreateObservableUpDownCounter(
            "streamagg.letters.pending", () => Letters?.PendingLetters ?? 0, "{letter}", "Dead letters that Kafka has not taken yet.");
        meter.CreateObservableUpDownCounter("streamagg.letters.pending.bytes", () => Letters?.PendingBytes ?? 0, "By", "Their bytes.");
        meter.CreateObservableGauge("streamagg.gaps.stored", () => Known(standing?.Gaps), "{gap}", "Gaps that stand in streamagg.gap.");
        meter.CreateObservableGauge(
            "streamagg.rows.kept.stored", () => Known(standing?.RowsKept), "{row}", "Rows of somebody else's that stand in the published tables.");
        meter.CreateObservableGauge(
            "streamagg.hours.dirty", () => Known(standing?.DirtyHours), "{hour}", "Closed hours that wait to be published (again).");
        meter.CreateObservableUpDownCounter("streamagg.partials.open", () => Members().Sum(m => m.OpenPartials), "{partial}", "Partials in memory.");
        meter.CreateObservableUpDownCounter(
            "streamagg.partials.bytes", () => HeldBytes, "By",
            "Memory of partials, of checkpoints on their way and of dead letters that wait: what reading is held against.");
        meter.CreateObservableUpDownCounter(
            "streamagg.partitions.owned", () => Members().Sum(m => m.Partitions.Count), "{partition}", "Partitions of this process.");
        meter.CreateObservableGauge(
            "streamagg.paused", () => Members().Any(m => m.IsPaused) ? 1 : 0, "1",
            "1 while reading waits for the database or the dead-letter topic.");
    }

    /// <summary>The members as they stand, asked when telemetry is collected; nobody until the pipeline runs.</summary>
    public Func<IEnumerable<MemberStatus>> Members { get; set; } = () => [];

    /// <summary>What the lag is taken to; null until the pipeline runs.</summary>
    internal LogEnds? Ends { get; set; }

    /// <summary>Where dead letters wait; null until the pipeline runs.</summary>
    public IDeadLetterSink? Letters { get; set; }

    public ActivitySource Activities { get; } = new(Name);

    /// <summary>Events before this time belong to hours that were published; the publisher moves it.</summary>
    public Instant ClosedBefore => new(Volatile.Read(ref closedBeforeTicks));

    internal void Consumed(string topic, EventKind kind, long records, long accepted, long refused)
    {
        consumed.Add(records, new TagList
        {
            { "messaging.system", "kafka" }, { "messaging.operation.name", "poll" },
            { "messaging.destination.name", topic }, { "messaging.consumer.group.name", groupId },
        });
        if (accepted > 0)
            Decoded(kind, "accepted", accepted);
        if (refused > 0)
            Decoded(kind, "refused", refused);
    }

    internal void LetterSent(string reason) => deadLetters.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void LateEvents(long count) => lateEvents.Add(count);

    internal void DurationsLeftOut(in DurationsLeftOut leftOut)
    {
        if (leftOut.Negative > 0)
            durationsLeftOut.Add(leftOut.Negative, new KeyValuePair<string, object?>("reason", Core.Events.DurationsLeftOut.NegativeReason));
        if (leftOut.TooLong > 0)
            durationsLeftOut.Add(leftOut.TooLong, new KeyValuePair<string, object?>("reason", Core.Events.DurationsLeftOut.TooLongReason));
    }

    internal void EventsAhead(long count) => eventsAhead.Add(count);

    /// <summary>Counts what a platform has gained.</summary>
    public void Requests(string platform, RequestOutcomes gained)
    {
        string label = labels.Bound(platform);
        Count("success", gained.Success);
        Count("4xx", gained.Error4xx);
        Count("5xx", gained.Error5xx);
        Count("other", gained.Other);

        void Count(string outcome, long more)
        {
            if (more > 0)
                requests.Add(more, new("platform", label), new("outcome", outcome));
        }
    }

    internal void CheckpointTook(TimeSpan duration, int rows)
    {
        checkpointDuration.Record(duration.TotalSeconds);
        checkpointRows.Record(rows);
    }

    internal void CheckpointFailed()
    {
        checkpointFailures.Add(1);
        Interlocked.Increment(ref failedCheckpoints);
    }

    internal void PublicationFailed()
    {
        publishFailures.Add(1);
        Interlocked.Increment(ref failedPublications);
    }

    internal void PublishTook(TimeSpan duration) => publishDuration.Record(duration.TotalSeconds);

    internal void Published(string table, PublishResult result)
    {
        if (result.RowsWritten > 0)
            rowsPublished.Add(result.RowsWritten, new KeyValuePair<string, object?>("table", table));
        if (result.RowsKept > 0)
            rowsKept.Add(result.RowsKept, new KeyValuePair<string, object?>("table", table));
    }

    /// <summary>Where the smallest watermark stands, and the database's time with it.</summary>
    /// <param name="smallest">Null while a partition has none: then the last one that was known grows older.</param>
    /// <param name="now">The database's.</param>
    internal void WatermarkAt(Instant? smallest, Instant now)
    {
        Volatile.Write(ref closedBeforeTicks, smallest is { } at ? at.Hour.Start.UnixTicks : long.MinValue);
        if (smallest is { } known)
            watermark = new WatermarkFact(now - known, time.GetTimestamp());
    }

    /// <summary>What stands in the store, as a status has just found it.</summary>
    public void Stands(long gapRows, long keptRows, long dirtyHours) => standing = new Standing(gapRows, keptRows, dirtyHours);

    /// <summary>What this process knows of itself.</summary>
    public PipelineVitals Vitals() => new(
        CheckpointAge, Interlocked.Read(ref failedCheckpoints), Interlocked.Read(ref failedPublications), Letters?.PendingLetters ?? 0,
        Letters?.PendingBytes ?? 0,
        HeldBytes, Members().Any(member => member.IsPaused));

    internal void Rebalanced(string kind) => rebalances.Add(1, new KeyValuePair<string, object?>("kind", kind));

    internal void Fenced() => fenced.Add(1);

    internal void GapRecorded() => gaps.Add(1);

    public void StoreRetried() => storeRetries.Add(1);

    public void Dispose()
    {
        meter.Dispose();
        Activities.Dispose();
    }

    private void Decoded(EventKind kind, string outcome, long count) =>
        events.Add(count, new("kind", kind.Names().Name), new("outcome", outcome));

    private TimeSpan WatermarkLag => watermark is { } fact ? fact.Lag + time.GetElapsedTime(fact.KnownAt) : time.GetElapsedTime(startedAt);

    private TimeSpan CheckpointAge => Members().Min(member => member.WaitingSince) is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero;

    private long HeldBytes => Members().Sum(member => member.HeldBytes);

    private IEnumerable<Measurement<long>> Lags() =>
        from member in Members()
        from partition in member.Partitions
        let end = Ends?.Of(partition.Source)
        where end.HasValue
        select new Measurement<long>(
            Math.Max(0, end.GetValueOrDefault() - partition.NextOffset), new("topic", partition.Source.Topic),
            new("partition", partition.Source.Partition));

    private static IEnumerable<Measurement<long>> Known(long? value) => value is { } known ? [new Measurement<long>(known)] : [];

    /// <summary>A gauge that is stored stands still when nobody stores it any more: kept is what it is computed from.</summary>
    private sealed record WatermarkFact(TimeSpan Lag, long KnownAt);

    private sealed record Standing(long Gaps, long RowsKept, long DirtyHours);
}
