using StreamAgg.Pipeline.Log;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>Counts what comes out of logs, all members' together, and takes the process's CPU at half of it and at its end.</summary>
/// <remarks>What the joining and the claims cost lies before, and is no part of an event's.</remarks>
internal sealed class SteadyCpu(long events)
{
    private long count;
    private TimeSpan atHalf, atEnd;

    public double MicrosecondsAnEvent => (atEnd - atHalf).TotalMicroseconds / (events - (events / 2));

    public IEventLog Around(IEventLog log) => new CountingLog(log, this);

    private void Count(int records)
    {
        long after = Interlocked.Add(ref count, records), before = after - records;
        if (before < events / 2 && after >= events / 2)
            atHalf = Environment.CpuUsage.TotalTime;
        if (before < events && after >= events)
            atEnd = Environment.CpuUsage.TotalTime;
    }

    private sealed class CountingLog(IEventLog inner, SteadyCpu cpu) : IEventLog, ILogHandler
    {
        private ILogHandler member = null!;
        private int records;

        public bool IsMember => inner.IsMember;

        public TimeSpan SessionTimeout => inner.SessionTimeout;

        public void Subscribe() => inner.Subscribe();

        public void Poll(TimeSpan timeout, ILogHandler handler)
        {
            (member, records) = (handler, 0);
            inner.Poll(timeout, this);
            cpu.Count(records);
        }

        public void Start(SourcePartition source, long nextOffset, int? leaderEpoch) => inner.Start(source, nextOffset, leaderEpoch);

        public void Stop(SourcePartition source) => inner.Stop(source);

        public void Pause() => inner.Pause();

        public void Resume() => inner.Resume();

        public void CommitOffsets(IReadOnlyCollection<KeyValuePair<SourcePartition, long>> nextOffsets) => inner.CommitOffsets(nextOffsets);

        public void Close(ILogHandler handler)
        {
            member = handler;
            inner.Close(this);
        }

        public void Dispose() => inner.Dispose();

        public void OnRecord(in LogRecord record)
        {
            records++;
            member.OnRecord(record);
        }

        public void OnPosition(SourcePartition source, long nextOffset) => member.OnPosition(source, nextOffset);

        public void OnAssigned(IReadOnlyList<SourcePartition> partitions) => member.OnAssigned(partitions);

        public void OnRevoking(IReadOnlyList<SourcePartition> partitions) => member.OnRevoking(partitions);

        public bool IsReleased(SourcePartition source) => member.IsReleased(source);

        public void OnRevoked(IReadOnlyList<SourcePartition> partitions) => member.OnRevoked(partitions);

        public void OnLost(IReadOnlyList<SourcePartition> partitions) => member.OnLost(partitions);

        public void OnOutOfRange(SourcePartition source, long offset, string reason) => member.OnOutOfRange(source, offset, reason);

        public void OnTruncated(SourcePartition source, long offset, long sharedEnd, string reason) => member.OnTruncated(source, offset, sharedEnd, reason);

        public void Advance() => member.Advance();
    }
}
