using StreamAgg.Core.Time;
using StreamAgg.Kafka.Scanning;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Faults;

namespace StreamAgg.Service.Recounts;

/// <summary>
/// The input topics from where they begin now, read up to where the pipeline has counted, and on from there. Reads on a thread of its own, one
/// call at a time.
/// </summary>
/// <remarks>
/// An event lies at most <c>MaxFuture</c> ahead of its record, so the first record that a partition still holds tells from when on it holds
/// everything:
/// records are deleted from the front. Where a partition holds nothing any more, nobody can tell.
/// </remarks>
internal sealed class CountedLog : IDisposable
{
    private readonly LogScan scan;
    private readonly Dictionary<SourcePartition, long> next;

    private readonly IReadOnlyDictionary<string, TopicDetails> topics;

    private CountedLog(LogScan scan, Dictionary<SourcePartition, long> next, IReadOnlyDictionary<string, TopicDetails> topics) =>
        (this.scan, this.next, this.topics) = (scan, next, topics);

    /// <summary>Every partition that the topics have.</summary>
    public IReadOnlyCollection<SourcePartition> Partitions => next.Keys;

    /// <summary>The first hour of which the log still holds every event.</summary>
    public Instant Reach { get; private set; } = Instant.MinValue;

    /// <summary>Why it reaches back no further, by partition.</summary>
    public IReadOnlyList<string> Missing { get; private set; } = [];

    /// <exception cref="CommandFaultException">The log is not the one that was counted.</exception>
    public static async Task<CountedLog> OpenAsync(OpenRecount open, IReadOnlyList<CountedPartition> counted, CancellationToken cancellation)
    {
        var named = open.Settings.Topics;
        var known = await open.Metadata.DescribeAsync(named.All, cancellation);
        var partitions = named.PartitionsOf(known)
            ?? throw CommandFaultException.Dependency(
                $"Kafka has no topic {named.All.First(topic => !known.ContainsKey(topic))}: create it, or correct StreamAgg:Kafka:UsageTopic and StreamAgg:Kafka:ErrorTopic.");
        var beginnings = await open.Metadata.BeginningOffsetsAsync(partitions, cancellation);
        var ends = await open.Metadata.EndOffsetsAsync(partitions, cancellation);
        if (partitions.FirstOrDefault(partition => !beginnings.ContainsKey(partition) || !ends.ContainsKey(partition)) is { Topic: not null } silent)
            throw new LogUnavailableException($"Kafka did not tell how far {silent} reaches; try again");
        var log = new CountedLog(new LogScan(open.Settings.Kafka, named.All, open.Lines),
            partitions.ToDictionary(partition => partition, partition => beginnings[partition]), known);
        try
        {
            log.RefuseOthers(counted);
            await log.FindReachAsync(beginnings, ends, open.Settings.Pipeline.MaxFuture, cancellation);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <exception cref="CommandFaultException">The log does not hold all that was counted from then on.</exception>
    public void Require(Hour from)
    {
        if (Reach <= from.Start)
            return;
        string whole = Reach == Instant.MaxValue ? ""
            : $" Whole hours are there from {new Hour((Reach - TimeSpan.FromTicks(1)).Hour.SinceEpoch + 1)} on.";
        throw CommandFaultException.Dependency($"The log no longer reaches back to {from}: {string.Join("; ", Missing)}.{whole}");
    }

    /// <exception cref="CommandFaultException">Something was counted from another log than this one.</exception>
    public void RefuseOthers(IReadOnlyList<CountedPartition> counted)
    {
        foreach (var partition in counted.Where(partition => partition.NextOffset > 0))
        {
            if (!topics.TryGetValue(partition.Source.Topic, out var topic))
                throw CommandFaultException.Dependency(
                    $"{partition.Source} was counted up to offset {partition.NextOffset}, and is none of the input topics any more: name its topic in StreamAgg:Kafka, or its events can't be counted again.");
            if (partition.TopicId is { } id && topic.TopicId != id)
                throw CommandFaultException.Dependency(
                    $"{partition.Source} was counted up to offset {partition.NextOffset} of a topic that was deleted and made again since: its events can't be counted again.");
            if (!next.ContainsKey(partition.Source))
                throw CommandFaultException.Dependency(
                    $"{partition.Source} is new and was counted up to offset {partition.NextOffset} meanwhile; nothing was changed. Run it again.");
        }
    }

    /// <summary>Records, and offsets without one, from where it stands up to where the partitions are counted.</summary>
    public long Ahead(IReadOnlyList<CountedPartition> counted) =>
        counted.Sum(partition => Math.Max(0, partition.NextOffset - next.GetValueOrDefault(partition.Source, long.MaxValue)));

    /// <summary>Reads on up to where the partitions are counted.</summary>
    public async Task ReadAsync(IReadOnlyList<CountedPartition> counted, RecordReader onRecord, CancellationToken cancellation)
    {
        var ranges = counted.Where(partition => next.ContainsKey(partition.Source))
            .ToDictionary(partition => partition.Source, partition => (next[partition.Source], partition.NextOffset));
        await Task.Factory.StartNew(() => scan.Read(ranges, onRecord, cancellation), cancellation, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        foreach (var (source, (from, to)) in ranges)
            next[source] = Math.Max(from, to);
    }

    public void Dispose() => scan.Dispose();

    private async Task FindReachAsync(
        IReadOnlyDictionary<SourcePartition, long> beginnings, IReadOnlyDictionary<SourcePartition, long> ends, TimeSpan maxFuture,
            CancellationToken cancellation)
    {
        var cut = beginnings.Where(beginning => beginning.Value > 0)
            .ToDictionary(beginning => beginning.Key, beginning => (beginning.Value, ends[beginning.Key]));
        var first = new Dictionary<SourcePartition, Instant>();
        await Task.Factory.StartNew(
            () => scan.ReadFirst(cut,
                (in LogRecord record) => first[record.Source] = Instant.FromUnixMilliseconds(record.TimestampMilliseconds ?? 0), cancellation),
            cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Missing = [.. cut.Select(partition => first.TryGetValue(partition.Key, out Instant time)
            ? $"{partition.Key} begins at offset {partition.Value.Value}, written {time}"
            : $"{partition.Key} holds none of its first {partition.Value.Value} offsets any more")];
        foreach (var partition in cut.Keys)
        {
            Instant reach = first.TryGetValue(partition, out Instant time) ? time + maxFuture : Instant.MaxValue;
            if (reach > Reach)
                Reach = reach;
        }
    }
}
