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
            CountWithout([.. indexes], kind, record);
        else
            Count(kind, record.Value, record.TimestampMilliseconds);
    }

    private void CountWithout(HashSet<int> indexes, EventKind kind, in LogRecord record)
    {
        decoder.Decode(kind, record.Value, record.TimestampMilliseconds);
        if (decoder.Accepted.IsEmpty)
            return;
        IReadOnlyList<Range> events = RecordEvents.Split(record.Value);
        for (int i = 0; i < events.Count; i++)
            if (!indexes.Contains(i))
                Count(kind, record.Value[events[i]], record.TimestampMilliseconds);
    }

    private void Count(EventKind kind, ReadOnlySpan<byte> value, long? timestamp)
    {
        decoder.Decode(kind, value, timestamp);
        foreach (ref readonly DecodedEvent e in decoder.Accepted)
            sink.Count(kind, e, decoder.Label(e));
    }
}
