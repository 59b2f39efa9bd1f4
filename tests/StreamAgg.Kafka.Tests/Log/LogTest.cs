using System.Text;
using Confluent.Kafka;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing;
using StreamAgg.Testing.Kafka;

[assembly: AssemblyFixture(typeof(SharedServers))]

namespace StreamAgg.Kafka.Tests.Log;

/// <summary>Two topics and a group of their own for every test.</summary>
public abstract class LogTest
{
    protected static async Task<(TestKafka Kafka, KafkaOptions Options)> NewLogAsync(int usagePartitions = 1, int errorPartitions = 1)
    {
        TestKafka kafka = await TestKafka.SharedAsync();
        var options = new KafkaOptions
        {
            BootstrapServers = kafka.BootstrapServers,
            GroupId = TestKafka.NewName("group"),
            UsageTopic = await kafka.NewTopicAsync("usage", usagePartitions),
            ErrorTopic = await kafka.NewTopicAsync("errors", errorPartitions),
            DeadLetterTopic = TestKafka.NewName("dead"),
        };
        options.Client["topic.metadata.refresh.interval.ms"] = "1000";
        return (kafka, options);
    }

    protected static void Produce(TestKafka kafka, string topic, int partition, int count, int from = 0) =>
        Produce(kafka.BootstrapServers, topic, partition, count, from);

    protected static void Produce(string servers, string topic, int partition, int count, int from = 0)
    {
        using IProducer<byte[], byte[]> producer =
            new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = servers }).SetLogHandler((_, _) => { }).Build();
        for (int i = from; i < from + count; i++)
        {
            producer.Produce(new TopicPartition(topic, partition), new Message<byte[], byte[]> { Value = Encoding.UTF8.GetBytes($"{i}") });
            if (i % 10_000 == 9_999)
                producer.Flush(TimeSpan.FromSeconds(30));
        }

        Assert.Equal(0, producer.Flush(TimeSpan.FromSeconds(30)));
    }

    protected static SourcePartition Usage(KafkaOptions options, int partition = 0) => new(options.UsageTopic, partition);

    /// <summary>Each record once, in order, with nothing left out.</summary>
    protected static void AssertComplete(IEnumerable<long> offsets, long from, long to) =>
        Assert.Equal(Enumerable.Range((int)from, (int)(to - from)).Select(offset => (long)offset), offsets);
}
