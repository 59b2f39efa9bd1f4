using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Pipeline.Members;

/// <summary>Counts in plain fields what telemetry is told of once a batch: a counter call an event would cost more than the event.</summary>
internal sealed class EventTally(StreamAggMetrics metrics, PipelineTopics topics)
{
    private readonly Kind[] kinds = new Kind[EventKinds.All.Count];

    public long Late { get; set; }

    /// <summary>Since the last flush: accepted events whose duration was left out.</summary>
    public DurationsLeftOut LeftOut { get; set; }

    public long Ahead { get; set; }

    public void Add(EventKind kind, int accepted, int refused)
    {
        ref Kind counted = ref kinds[(int)kind];
        counted.Records++;
        counted.Accepted += accepted;
        counted.Refused += refused;
    }

    public void Flush()
    {
        foreach (EventKindNames kind in EventKinds.All)
        {
            ref Kind counted = ref kinds[(int)kind.Kind];
            if (counted.Records > 0)
                metrics.Consumed(topics[kind.Kind], kind.Kind, counted.Records, counted.Accepted, counted.Refused);
            counted = default;
        }
        if (Late > 0)
            metrics.LateEvents(Late);
        if (LeftOut != default)
            metrics.DurationsLeftOut(LeftOut);
        if (Ahead > 0)
            metrics.EventsAhead(Ahead);
        Late = Ahead = 0;
        LeftOut = default;
    }

    private struct Kind
    {
        public long Records, Accepted, Refused;
    }
}
