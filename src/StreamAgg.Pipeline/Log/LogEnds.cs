using System.Collections.Concurrent;

namespace StreamAgg.Pipeline.Log;

/// <summary>The log's ends as the brokers told them last, whoever asked, and when that was. Safe from any thread.</summary>
/// <remarks>Never a reason to move a watermark: that takes an answer of the checkpoint's own, of a known time.</remarks>
internal sealed class LogEnds
{
    private readonly ConcurrentDictionary<SourcePartition, (long End, long ToldAt)> ends = new();

    /// <param name="toldAt">Monotonic.</param>
    public void Told(IReadOnlyDictionary<SourcePartition, long> answer, long toldAt)
    {
        foreach (var (source, end) in answer)
            ends[source] = (end, toldAt);
    }

    /// <summary>Null where nobody was ever told.</summary>
    public long? Of(SourcePartition source) => ends.TryGetValue(source, out var known) ? known.End : null;

    /// <summary>True where nobody was told since.</summary>
    /// <param name="since">Monotonic.</param>
    public bool IsOlder(SourcePartition source, long since) => !ends.TryGetValue(source, out var known) || known.ToldAt < since;
}
