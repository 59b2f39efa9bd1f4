using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Native;
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
        using var client = new ConsumerClient(ClientSettings.Reader(options), new ClientLines(NullLogger.Instance));
        using var native = new NativeConsumer(client, [options.UsageTopic], batchSize: 1);
        SourcePartition usage = Usage(options);
        Assert.Equal(ErrorCode.NoError, client.Assign([(usage, 0)]));
        var partition = new AssignedPartition(usage, assignedAt: 0);

        Assert.Null(native.Reassign(partition));
        Assert.Null(client.Unassign(usage));
        Assert.NotNull(client.Unassign(usage));

        Assert.Null(native.Reassign(partition));
        Assert.Null(client.Unassign(usage));
    }
}
