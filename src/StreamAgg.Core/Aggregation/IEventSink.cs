using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;

namespace StreamAgg.Core.Aggregation;

/// <summary>Takes accepted events, one by one.</summary>
public interface IEventSink
{
    /// <param name="e">Its fields.</param>
    /// <param name="labels">Valid during the call.</param>
    void Count(in DecodedEvent e, EventLabels labels);
}
