using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <param name="record">Valid during the call.</param>
public delegate T RecordJudge<out T>(in LogRecord record);

/// <summary>Reads the last records of a topic, outside any group. Takes the thread that calls.</summary>
/// <param name="options">Valid ones.</param>
/// <param name="metadata">Tells the topic's partitions and ends.</param>
/// <param name="logger">Takes the client's own lines.</param>
public sealed class TailReader(KafkaOptions options, ILogMetadata metadata, ILogger<TailReader> logger)
{
    /// <summary>How much further back it is looked where offsets hold no records: control records, aborted and compacted ones.</summary>
    private const int Widening = 4;

    /// <summary>
    /// What was judged of the last <paramref name="count"/> records, spread over the topic's partitions as evenly as these reach; none where
    /// there is no such topic.
    /// </summary>
    /// <remarks>In memory are one record and <paramref name="count"/> verdicts.</remarks>
    /// <exception cref="LogUnavailableException">The brokers fell silent.</exception>
    /// <exception cref="LogFatalException">The topic may not be read.</exception>
    public async Task<IReadOnlyList<T>> ReadAsync<T>(string topic, int count, RecordJudge<T> judge, CancellationToken cancellation)
    {
        if (!(await metadata.DescribeAsync([topic], cancellation)).TryGetValue(topic, out TopicDetails? details))
            return [];

        List<SourcePartition> partitions =
            [.. Enumerable.Range(0, details.PartitionCount).Select(partition => new SourcePartition(topic, partition))];
        IReadOnlyDictionary<SourcePartition, long> beginnings = await metadata.BeginningOffsetsAsync(partitions, cancellation);
        IReadOnlyDictionary<SourcePartition, long> ends = await metadata.StableOffsetsAsync(partitions, cancellation);
        if (partitions.Find(partition => !beginnings.ContainsKey(partition) || !ends.ContainsKey(partition)) is { Topic: not null } silent)
            throw new LogUnavailableException($"Kafka did not tell how far {silent} reaches; try again");

        using var reader = new RangeReader(options, logger, "The records");
        var judged = new List<T>();
        // From the shortest to the longest, so that what a short one leaves of its share goes to the others.
        int left = partitions.Count;
        foreach (SourcePartition partition in partitions.OrderBy(partition => ends[partition] - beginnings[partition]))
        {
            int share = (count - judged.Count) / left--;
            judged.AddRange(Last(reader, partition, beginnings[partition], ends[partition], share, judge, cancellation));
        }

        return judged;
    }

    private static Queue<T> Last<T>(
        RangeReader reader, SourcePartition partition, long beginning, long end, int count, RecordJudge<T> judge, CancellationToken cancellation)
    {
        var judged = new Queue<T>();
        for (long span = count; count > 0 && beginning < end; span *= Widening)
        {
            judged.Clear();
            long from = Math.Max(beginning, end - span);
            foreach (ConsumeResult<byte[]?, byte[]?> result in reader.Read(partition, from, end, cancellation))
            {
                judged.Enqueue(judge(RecordOf(partition, result)));
                if (judged.Count > count)
                    judged.Dequeue();
            }

            if (judged.Count == count || from == beginning)
                break;
        }

        return judged;
    }

    private static LogRecord RecordOf(SourcePartition partition, ConsumeResult<byte[]?, byte[]?> result) => new()
    {
        Source = partition,
        Offset = result.Offset,
        LeaderEpoch = result.LeaderEpoch,
        TimestampMilliseconds = result.Message.Timestamp.Type == TimestampType.NotAvailable ? null : result.Message.Timestamp.UnixTimestampMs,
        Key = result.Message.Key,
        HasKey = result.Message.Key is not null,
        Value = result.Message.Value,
        IsTombstone = result.Message.Value is null,
    };
}
