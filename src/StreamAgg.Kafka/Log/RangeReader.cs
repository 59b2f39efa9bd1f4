using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <summary>Reads what lies between two offsets of a partition, outside any group: nobody's position moves. One thread.</summary>
internal sealed class RangeReader : IDisposable
{
    private readonly string what;
    private readonly IConsumer<byte[]?, byte[]?> consumer;

    /// <param name="options">Valid ones.</param>
    /// <param name="logger">Takes the client's own lines.</param>
    /// <param name="what">What is read, for people: "The dead letters".</param>
    /// <exception cref="LogFatalException">The settings can't be used together.</exception>
    public RangeReader(KafkaOptions options, ILogger logger, string what)
    {
        this.what = what;
        consumer = ReaderClient.Build(ClientSettings.Reader(options), logger);
    }

    /// <summary>
    /// The committed records from <paramref name="from"/> up to, not including, <paramref name="to"/>; of aborted transactions and control
    /// records nothing.
    /// </summary>
    /// <exception cref="LogUnavailableException">The brokers fell silent.</exception>
    /// <exception cref="LogFatalException">The topic may not be read, or an offset of it is gone.</exception>
    public IEnumerable<ConsumeResult<byte[]?, byte[]?>> Read(SourcePartition partition, long from, long to, CancellationToken cancellation)
    {
        if (from >= to)
            yield break;

        consumer.Assign(new TopicPartitionOffset(partition.Topic, partition.Partition, from));
        while (Next(partition, cancellation) is { IsPartitionEOF: false } result && result.Offset < to)
        {
            yield return result;
            if (result.Offset == to - 1)
                break;
        }
    }

    public void Dispose() => consumer.Dispose();

    private ConsumeResult<byte[]?, byte[]?> Next(SourcePartition partition, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return consumer.Consume(ReaderClient.SilenceTimeout) ?? throw ReaderClient.Silent(partition);
        }
        catch (ConsumeException e)
        {
            throw RefusedRight.IsOne(e.Error.Code)
                ? RefusedRight.Of("READ", $"topic {partition.Topic}", e.Error.Reason)
                : new LogFatalException($"{what} in {partition} can't be read: {e.Error.Reason}", e);
        }
    }
}
