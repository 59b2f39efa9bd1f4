using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Pipeline.Members;

/// <summary>Counts in plain fields what telemetry is told of once a batch: a counter call an event would cost more than the event.</summary>
internal sealed class EventTally(StreamAggMetrics metrics, PipelineTopics topics)
{
    private long usageRecords, usageAccepted, usageRefused;
    private long errorRecords, errorAccepted, errorRefused;

    public long Late { get; set; }

    /// <summary>Since the last flush: accepted events whose duration was left out.</summary>
    public DurationsLeftOut LeftOut { get; set; }

    public long Ahead { get; set; }

    public void Add(EventKind kind, int accepted, int refused)
    {
        if (kind == EventKind.Usage)
        {
            usageRecords++;
            usageAccepted += accepted;
            usageRefused += refused;
        }
        else
        {
            errorRecords++;
            errorAccepted += accepted;
            errorRefused += refused;
        }
    }

    public void Flush()
    {
        if (usageRecords > 0)
            metrics.Consumed(topics.Usage, EventKind.Usage, usageRecords, usageAccepted, usageRefused);
        if (errorRecords > 0)
            metrics.Consumed(topics.Error, EventKind.Error, errorRecords, errorAccepted, errorRefused);
        if (Late > 0)
            metrics.LateEvents(Late);
        if (LeftOut != default)
            metrics.DurationsLeftOut(LeftOut);
        if (Ahead > 0)
            metrics.EventsAhead(Ahead);
        usageRecords = usageAccepted = usageRefused = errorRecords = errorAccepted = errorRefused = Late = Ahead = 0;
        LeftOut = default;
    }
}
