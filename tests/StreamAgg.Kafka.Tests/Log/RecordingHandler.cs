using System.Text;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Tests.Log;

/// <summary>Keeps what a log reports; starts what it is assigned where <see cref="NextOffsets"/> says (0 where it does not).</summary>
internal sealed class RecordingHandler : ILogHandler
{
    public Dictionary<SourcePartition, long> NextOffsets { get; } = [];

    public List<(SourcePartition Source, long Offset, string Value)> Records { get; } = [];

    public Dictionary<SourcePartition, long> Positions { get; } = [];

    public List<SourcePartition> Owned { get; } = [];

    public List<SourcePartition> Revoked { get; } = [];

    public List<SourcePartition> Lost { get; } = [];

    public List<(SourcePartition Source, long Offset, string Reason)> OutOfRange { get; } = [];

    public List<SourcePartition> ToStart { get; } = [];

    public int? LastLeaderEpoch { get; private set; }

    public long? LastTimestamp { get; private set; }

    /// <summary>Called with each record, after it was kept.</summary>
    public Action<SourcePartition, long>? WhenRecord { get; set; }

    public Func<SourcePartition, bool> WhetherReleased { get; set; } = _ => true;

    public Action? WhenAdvanced { get; set; }

    public bool StartsWhatItIsAssigned { get; set; } = true;

    public void OnRecord(in LogRecord record)
    {
        Records.Add((record.Source, record.Offset, Encoding.UTF8.GetString(record.Value)));
        NextOffsets[record.Source] = record.Offset + 1;
        LastLeaderEpoch = record.LeaderEpoch;
        LastTimestamp = record.TimestampMilliseconds;
        WhenRecord?.Invoke(record.Source, record.Offset);
    }

    public void OnPosition(SourcePartition source, long nextOffset)
    {
        Positions[source] = nextOffset;
        NextOffsets[source] = nextOffset;
    }

    public void OnAssigned(IReadOnlyList<SourcePartition> partitions)
    {
        Owned.AddRange(partitions);
        if (StartsWhatItIsAssigned)
            ToStart.AddRange(partitions);
    }

    public void OnRevoking(IReadOnlyList<SourcePartition> partitions) => Revoked.AddRange(partitions);

    public bool IsReleased(SourcePartition source) => WhetherReleased(source);

    public void OnRevoked(IReadOnlyList<SourcePartition> partitions) => Owned.RemoveAll(partitions.Contains);

    public void OnLost(IReadOnlyList<SourcePartition> partitions)
    {
        Lost.AddRange(partitions);
        Owned.RemoveAll(partitions.Contains);
    }

    public void OnOutOfRange(SourcePartition source, long offset, string reason) => OutOfRange.Add((source, offset, reason));

    public void Advance() => WhenAdvanced?.Invoke();

    public List<long> OffsetsOf(SourcePartition source) => [.. Records.Where(record => record.Source == source).Select(record => record.Offset)];
}
