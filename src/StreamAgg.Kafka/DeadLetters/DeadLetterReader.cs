using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.DeadLetters;

/// <summary>Reads the dead letters' topic from its beginning to where it ended when the reading began, outside any group.</summary>
/// <remarks>A message that somebody else wrote there names no source and is passed over.</remarks>
public sealed class DeadLetterReader(KafkaOptions options, ILogMetadata metadata, ILogger<DeadLetterReader> logger)
{
    /// <summary>Each refused event once, however often it was written, in the order of the topic's partitions.</summary>
    /// <remarks>Streams: in memory are the keys seen, some 50 bytes each, and one letter.</remarks>
    /// <param name="reason">Only letters of this reason; null for all.</param>
    /// <param name="limit">At most this many; null for all.</param>
    /// <exception cref="LogUnavailableException">The brokers fell silent.</exception>
    /// <exception cref="LogFatalException">The topic may not be read, or an offset of it is gone.</exception>
    public async IAsyncEnumerable<DeadLetter> ReadAsync(
        string? reason = null, int? limit = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        int left = limit ?? int.MaxValue;
        var seen = new HashSet<(string Topic, int Partition, long Offset, int? EventIndex)>();
        await foreach (DeadLetter letter in ReadAllAsync(cancellation))
        {
            if (left == 0)
                break;

            if ((reason is null || letter.Reason == reason) && seen.Add((letter.Topic, letter.Partition, letter.Offset, letter.EventIndex)))
            {
                left--;
                yield return letter;
            }
        }
    }

    /// <summary>All refused events of one record of the source, each once, by their place in it.</summary>
    public async Task<IReadOnlyList<DeadLetter>> FindAsync(string topic, int partition, long offset, CancellationToken cancellation)
    {
        var found = new SortedDictionary<int, DeadLetter>();
        await foreach (DeadLetter letter in ReadAllAsync(cancellation))
        {
            if (letter.Topic == topic && letter.Partition == partition && letter.Offset == offset)
                found.TryAdd(letter.EventIndex ?? -1, letter);
        }

        return [.. found.Values];
    }

    private async IAsyncEnumerable<DeadLetter> ReadAllAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, TopicDetails> known = await metadata.DescribeAsync([options.DeadLetterTopic], cancellation);
        if (!known.TryGetValue(options.DeadLetterTopic, out TopicDetails? topic))
            yield break;

        List<SourcePartition> partitions = [
            .. Enumerable.Range(0, topic.PartitionCount).Select(partition => new SourcePartition(options.DeadLetterTopic, partition))];
        IReadOnlyDictionary<SourcePartition, long> beginnings = await metadata.BeginningOffsetsAsync(partitions, cancellation);
        IReadOnlyDictionary<SourcePartition, long> ends = await metadata.EndOffsetsAsync(partitions, cancellation);
        using var reader = new RangeReader(options, logger, "The dead letters");
        foreach (SourcePartition partition in partitions)
        {
            if (!beginnings.TryGetValue(partition, out long beginning) || !ends.TryGetValue(partition, out long end))
                throw new LogUnavailableException($"Kafka did not tell how far {partition} reaches; try again");

            foreach (ConsumeResult<byte[]?, byte[]?> result in reader.Read(partition, beginning, end, cancellation))
            {
                if (LetterReading.LetterOf(result.Message) is { } letter)
                    yield return letter;
            }
        }
    }
}
