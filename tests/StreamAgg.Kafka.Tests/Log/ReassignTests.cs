using Confluent.Kafka;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Log;

public sealed class ReassignTests : LogTest
{
    [Fact]
    public async Task A_partition_that_a_refused_try_left_outside_the_client_is_given_to_it_by_the_next()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        var config = new ConsumerConfig { BootstrapServers = kafka.BootstrapServers, GroupId = options.GroupId };
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).Build();
        using var native = new NativeConsumer(consumer, [options.UsageTopic], batchSize: 1);
        SourcePartition usage = Usage(options);
        consumer.IncrementalAssign([new TopicPartitionOffset(usage.Topic, usage.Partition, 0)]);
        var partition = new AssignedPartition(usage, assignedAt: 0);

        Assert.Null(native.Reassign(partition));
        consumer.IncrementalUnassign([new TopicPartition(usage.Topic, usage.Partition)]);
        Assert.Empty(consumer.Assignment);

        Assert.Null(native.Reassign(partition));
        Assert.Single(consumer.Assignment);
    }
}
