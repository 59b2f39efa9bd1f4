using StreamAgg.Pipeline.Log;

namespace StreamAgg.Simulation.Mutants;

/// <summary>Reading goes on however much is unsaved: through an outage of the store, memory grows with the log.</summary>
internal sealed class NeverPauses(IEventLog inner) : IEventLog
{
    public void Subscribe() => inner.Subscribe();

    public void Poll(TimeSpan timeout, ILogHandler handler) => inner.Poll(timeout, handler);

    public void Start(SourcePartition source, long nextOffset, int? leaderEpoch) => inner.Start(source, nextOffset, leaderEpoch);

    public void Stop(SourcePartition source) => inner.Stop(source);

    public void Pause()
    {
        // The wrong part.
    }

    public void Resume() => inner.Resume();

    public void CommitOffsets(IReadOnlyCollection<KeyValuePair<SourcePartition, long>> nextOffsets) => inner.CommitOffsets(nextOffsets);

    public void Close(ILogHandler handler) => inner.Close(handler);

    public void Dispose() => inner.Dispose();
}
