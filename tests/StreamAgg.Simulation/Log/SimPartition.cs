using StreamAgg.Pipeline.Log;
using StreamAgg.Simulation.Time;

namespace StreamAgg.Simulation.Log;

/// <summary>The log of one partition in one incarnation of its topic.</summary>
internal sealed class SimPartition(SourcePartition source, string topicId, Scheduler scheduler)
{
    private readonly List<LogEntry> entries = [];
    private readonly List<(long Micros, long End)> ends = [(long.MinValue, 0)];
    private readonly List<(int Epoch, long Start)> epochs = [(0, 0)];
    private long? openTransaction;
    private long highestEnd;

    public SourcePartition Source { get; } = source;

    public string TopicId { get; } = topicId;

    /// <summary>The first offset that is still held.</summary>
    public long Beginning { get; private set; }

    /// <summary>The high watermark: after the last entry, whatever it is.</summary>
    public long End => entries.Count;

    /// <summary>Up to where a reader of committed records gets.</summary>
    public long StableEnd => openTransaction ?? End;

    public int LeaderEpoch => epochs[^1].Epoch;

    /// <summary>The leader is away, or the fetch hangs: nothing is delivered, nothing is answered.</summary>
    public bool IsStuck { get; set; }

    /// <summary>How often the log was cut off.</summary>
    public int Truncations { get; private set; }

    public bool IsInTransaction => openTransaction is not null;

    public LogEntry this[long offset] => entries[(int)offset];

    public LogEntry Append(byte[] value, long? timestampMilliseconds, Truth truth)
    {
        var entry = new LogEntry
        {
            Offset = End,
            LeaderEpoch = LeaderEpoch,
            Kind = openTransaction is null ? EntryKind.Record : EntryKind.Undecided,
            TimestampMilliseconds = timestampMilliseconds,
            Value = value,
            Truth = truth,
            IsReplacement = End < highestEnd,
        };
        entries.Add(entry);
        NoteEnd();
        return entry;
    }

    public bool HadTransactions { get; private set; }

    public void BeginTransaction()
    {
        HadTransactions = true;
        openTransaction ??= End;
    }

    public void EndTransaction(bool isCommitted)
    {
        if (openTransaction is not { } first)
            return;
        for (long offset = first; offset < End; offset++)
            this[offset].Kind = isCommitted ? EntryKind.Record : EntryKind.Aborted;
        openTransaction = null;
        entries.Add(new LogEntry { Offset = End, LeaderEpoch = LeaderEpoch, Kind = EntryKind.Control });
        NoteEnd();
    }

    public void Expire(long beginning) => Beginning = Math.Clamp(beginning, Beginning, StableEnd);

    /// <summary>A new leader that had less: what lies at and after the offset never was.</summary>
    public void Truncate(long end)
    {
        Truncations++;
        highestEnd = Math.Max(highestEnd, End);
        entries.RemoveRange((int)end, entries.Count - (int)end);
        if (openTransaction >= end)
            openTransaction = null;
        // The log's own list of epochs is cut with it: none starts behind its end.
        int next = LeaderEpoch + 1;
        epochs.RemoveAll(epoch => epoch.Start >= end && epoch.Epoch > 0);
        epochs.Add((next, End));
        NoteEnd();
    }

    /// <summary>A new leader that had everything.</summary>
    public void ElectLeader() => epochs.Add((LeaderEpoch + 1, End));

    /// <summary>Where the log left that epoch: a reader beyond it read something that is no longer there.</summary>
    public long EndOfEpoch(int epoch)
    {
        foreach (var (next, start) in epochs)
        {
            if (next > epoch)
                return start;
        }
        return End;
    }

    /// <summary>The smallest end that the log had at any time from then on: what a true answer to a question of that time can have been at least.</summary>
    public long SmallestEndSince(long micros)
    {
        long smallest = End;
        for (int i = ends.Count - 1; i >= 0; i--)
        {
            smallest = Math.Min(smallest, ends[i].End);
            if (ends[i].Micros <= micros)
                break;
        }
        return smallest;
    }

    private void NoteEnd() => ends.Add((scheduler.NowMicros, End));
}
