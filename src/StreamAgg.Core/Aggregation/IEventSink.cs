using StreamAgg.Core.Events;

namespace StreamAgg.Core.Aggregation;

/// <summary>Takes accepted events, one by one.</summary>
public interface IEventSink
{
    /// <param name="e">Its fields.</param>
    /// <param name="label">UTF-8, 0 to 200 bytes; valid during the call.</param>
    void Count(in DecodedEvent e, ReadOnlySpan<byte> label);
}
