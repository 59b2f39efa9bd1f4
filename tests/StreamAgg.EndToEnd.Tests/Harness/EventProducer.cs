using System.Text;
using Confluent.Kafka;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Writes raw records where and when a test says, each once (the producer is idempotent). Not safe from several threads.</summary>
internal sealed class EventProducer : IDisposable
{
    private static readonly TimeSpan DeliveryLimit = TimeSpan.FromSeconds(120);

    private readonly string usageTopic;
    private readonly string errorTopic;
    private readonly Recount recount;
    private readonly IProducer<byte[]?, byte[]?> producer;
    private readonly List<string> failures = [];
    private readonly Dictionary<string, int> turns = [];

    public EventProducer(string bootstrapServers, string usageTopic, string errorTopic, Recount recount, string? transactionalId = null)
    {
        (this.usageTopic, this.errorTopic, this.recount) = (usageTopic, errorTopic, recount);
        var config = new ProducerConfig
        {
            BootstrapServers = bootstrapServers,
            EnableIdempotence = true,
            LingerMs = 2,
            MessageMaxBytes = 8_000_000,
            TransactionalId = transactionalId,
            // A busy machine must not abort a transaction that a test holds open.
            TransactionTimeoutMs = 600_000,
            ReconnectBackoffMaxMs = 500,
            TopicMetadataRefreshIntervalMs = 1000,
        };
        producer = new ProducerBuilder<byte[]?, byte[]?>(config).SetLogHandler((_, _) => { }).Build();
        if (transactionalId is not null)
            producer.InitTransactions(DeliveryLimit);
    }

    /// <summary>How many partitions of each topic <see cref="Send(IEnumerable{GatewayEvent}, int)"/> goes round.</summary>
    public int Partitions { get; set; } = 2;

    /// <summary>In the transaction's hands from here on: counted only where the test counts them.</summary>
    public void Begin() => producer.BeginTransaction();

    public void Commit() => producer.CommitTransaction(DeliveryLimit);

    public void Abort() => producer.AbortTransaction(DeliveryLimit);

    /// <summary>Produces the events round the partitions, counts them, and returns when the broker has them all.</summary>
    /// <param name="events">Any mixture of both kinds.</param>
    /// <param name="batch">How many events of a kind share a record, as an array.</param>
    public void Send(IEnumerable<GatewayEvent> events, int batch = 1)
    {
        var all = events.ToList();
        recount.Add(all);
        SendUncounted(all, batch);
    }

    public void Send(int partition, params GatewayEvent[] events)
    {
        recount.Add(events);
        SendUncounted(partition, events);
    }

    public void SendUncounted(IEnumerable<GatewayEvent> events, int batch = 1)
    {
        foreach (var kind in events.GroupBy(e => e.IsError))
        {
            string topic = kind.Key ? errorTopic : usageTopic;
            foreach (var chunk in kind.Chunk(batch))
                Produce(topic, Turn(topic), ToBytes(chunk), DateTimeOffset.UtcNow);
        }

        Flush();
    }

    public void SendUncounted(int partition, params GatewayEvent[] events)
    {
        foreach (var e in events)
            Produce(e.IsError ? errorTopic : usageTopic, partition, Encoding.UTF8.GetBytes(e.ToJson()), DateTimeOffset.UtcNow);
        Flush();
    }

    /// <summary>A record of the usage topic as it is.</summary>
    public void SendRaw(byte[]? value, int partition = 0, DateTimeOffset? timestamp = null) => SendRaw(usageTopic, value, partition, timestamp);

    public void SendRaw(string topic, byte[]? value, int partition = 0, DateTimeOffset? timestamp = null)
    {
        Produce(topic, partition, value, timestamp ?? DateTimeOffset.UtcNow);
        Flush();
    }

    public void SendRaw(string topic, string value, int partition = 0, DateTimeOffset? timestamp = null) =>
        SendRaw(topic, Encoding.UTF8.GetBytes(value), partition, timestamp);

    public void Dispose() => producer.Dispose();

    private static byte[] ToBytes(GatewayEvent[] events) =>
        Encoding.UTF8.GetBytes(events.Length == 1 ? events[0].ToJson() : $"[{string.Join(',', events.Select(e => e.ToJson()))}]");

    private int Turn(string topic)
    {
        int turn = turns.GetValueOrDefault(topic);
        turns[topic] = turn + 1;
        return turn % Partitions;
    }

    private void Produce(string topic, int partition, byte[]? value, DateTimeOffset timestamp)
    {
        var message = new Message<byte[]?, byte[]?> { Value = value, Timestamp = new Timestamp(timestamp) };
        while (true)
        {
            try
            {
                producer.Produce(new TopicPartition(topic, partition), message, Delivered);
                return;
            }
            catch (ProduceException<byte[]?, byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private void Delivered(DeliveryReport<byte[]?, byte[]?> report)
    {
        if (report.Error.IsError)
        {
            lock (failures)
                failures.Add($"{report.TopicPartition}: {report.Error.Reason}");
        }
    }

    private void Flush()
    {
        if (producer.Flush(DeliveryLimit) > 0)
            throw new TimeoutException("the broker did not take all records");
        lock (failures)
        {
            if (failures.Count > 0)
                throw new InvalidOperationException($"{failures.Count} records were not taken: {failures[0]}");
        }
    }
}
