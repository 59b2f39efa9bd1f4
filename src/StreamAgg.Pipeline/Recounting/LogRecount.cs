using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Recounting;

/// <summary>Reads records as a member does and hands their accepted events on. Not thread-safe.</summary>
/// <remarks>
/// An event that was refused once and replayed since may be accepted now, by settings that have changed: it is passed over here, and counts by
/// its replay.
/// </remarks>
/// <param name="options">What is refused depends on them.</param>
/// <param name="topics">What a topic's events are.</param>
/// <param name="replayed">All events that were replayed.</param>
/// <param name="sink">Takes what is accepted.</param>
public sealed class LogRecount(PipelineOptions options, PipelineTopics topics, IReadOnlyList<ReplayedEvent> replayed, IEventSink sink)
{
    private readonly EventDecoder decoder = new(options.MaxFuture, options.Events);
    private readonly ILookup<(SourcePartition Source, long Offset, long Time), int> passedOver =
        replayed.ToLookup(e => (e.Source, e.Offset, e.RecordTime), e => e.EventIndex);

    /// <summary>Records that were read.</summary>
    public long Records { get; private set; }

    public void OnRecord(in LogRecord record)
    {
        Records++;
        EventKind kind = topics.KindOf(record.Source.Topic);
        if (passedOver.Count > 0 && passedOver[(record.Source, record.Offset, record.TimestampMilliseconds ?? -1)] is var indexes && indexes.Any())
            Count(kind, record, [.. indexes]);
        else
            Count(kind, record);
    }

    private void Count(EventKind kind, in LogRecord record, HashSet<int>? without = null)
    {
        decoder.Decode(kind, record.Value, record.TimestampMilliseconds, record.IsTombstone);
        foreach (ref readonly DecodedEvent e in decoder.Accepted)
            if (without is null || !without.Contains(e.Place))
                sink.Count(e, decoder.Labels(e));
    }
}
