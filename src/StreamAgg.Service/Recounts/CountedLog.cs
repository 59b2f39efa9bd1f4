using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Kafka.Log;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Recounts;

/// <summary>
/// The input topics from where they begin now, read up to where the pipeline has counted, and on from there. Reads on a thread of its own, one
/// call at a time.
/// </summary>
/// <remarks>
/// An event lies at most <c>MaxFuture</c> ahead of its record, and records are deleted from the front: so the time of the first one that is still
/// there tells from when on everything is. Where that one has no time, or there is none, nobody can tell.
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
    public static async Task<CountedLog> OpenAsync(
        OpenServers open, IReadOnlyList<CountedPartition> counted, TimeProvider clock, CancellationToken cancellation)
    {
        var named = open.Settings.Topics;
        var known = await open.Metadata.DescribeAsync(named.All, cancellation);
        var partitions = named.PartitionsOf(known)
            ?? throw CommandFaultException.Dependency(
                $"Kafka has no topic {named.All.First(topic => !known.ContainsKey(topic))}: create it, or correct {PipelineTopics.Keys}.");
        var beginnings = await open.Metadata.BeginningOffsetsAsync(partitions, cancellation);
        var ends = await open.Metadata.EndOffsetsAsync(partitions, cancellation);
        if (partitions.FirstOrDefault(partition => !beginnings.ContainsKey(partition) || !ends.ContainsKey(partition)) is { Topic: not null } silent)
            throw new LogUnavailableException($"Kafka did not tell how far {silent} reaches; try again");
        var log = new CountedLog(new LogScan(open.Settings.Kafka, named.All, open.Silence.CreateLogger<LogScan>(), clock),
            partitions.ToDictionary(partition => partition, partition => beginnings[partition]), known);
        try
        {
            log.RefuseOthers(counted);
            await log.FindReachAsync(counted, ends, open.Settings.Pipeline.MaxFuture, cancellation);
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
        await RunAsync(() => scan.Read(ranges, onRecord, cancellation));
        foreach (var (source, (from, to)) in ranges)
            next[source] = Math.Max(from, to);
    }

    public void Dispose() => scan.Dispose();

    private async Task FindReachAsync(
        IReadOnlyList<CountedPartition> counted, IReadOnlyDictionary<SourcePartition, long> ends, TimeSpan maxFuture, CancellationToken cancellation)
    {
        var missing = new List<string>();
        foreach (var (source, _, _, _, recreated) in counted)
        {
            if (recreated is { } at)
                Miss(at, $"{source} was deleted and made again, which was found {at}");
        }
        var cut = next.Where(beginning => beginning.Value > 0)
            .ToDictionary(beginning => beginning.Key, beginning => (beginning.Value, ends[beginning.Key]));
        var first = new Dictionary<SourcePartition, Instant?>();
        await RunAsync(() => scan.ReadFirst(cut,
            (in LogRecord record) => first[record.Source] = EventDecoder.RecordTime(record.TimestampMilliseconds), cancellation));
        foreach (var (source, (beginning, _)) in cut)
        {
            if (first.GetValueOrDefault(source) is { } written)
                Miss(written, $"{source} begins at offset {beginning}, written {written}");
            else
                Miss(
                    null,
                    $"{source} begins at offset {beginning}, with {(first.ContainsKey(source) ? "a record that has no time" : "no record at all")}");
        }
        Missing = missing;

        void Miss(Instant? lastOfTheOthers, string line)
        {
            missing.Add(line);
            Reach = Instant.Max(Reach, lastOfTheOthers is { } time ? time + maxFuture : Instant.MaxValue);
        }
    }

    /// <summary>On a thread of its own: the client's calls wait.</summary>
    private static Task RunAsync(Action read) =>
        Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
