using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Native;
using StreamAgg.Kafka.Options;
using StreamAgg.Kafka.Tests.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Native;

public sealed class RecordReturnTests : LogTest
{
    [Fact]
    public async Task Records_that_are_done_with_are_freed_by_the_time_that_the_broker_has_sent_the_next()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        using var client = NewClient(options);
        using var native = new NativeConsumer(client, [options.UsageTopic], batchSize: 1000);
        Produce(kafka, options.UsageTopic, partition: 0, count: 100);
        Assert.Equal(ErrorCode.NoError, client.Assign([(Usage(options), 0)]));
        Take(native, 100);

        Produce(kafka, options.UsageTopic, partition: 0, count: 1);
        Take(native, 1, () => Assert.Equal(0, client.Records.Waiting));
    }

    [Fact]
    public async Task Records_past_the_bound_do_not_wait()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        using var client = NewClient(options);
        using var native = new NativeConsumer(client, [options.UsageTopic], batchSize: 1000);
        Produce(kafka, options.UsageTopic, partition: 0, count: 30);
        Assert.Equal(ErrorCode.NoError, client.Assign([(Usage(options), 0)]));
        var records = new RecordReturn(maxRecords: 10);
        for (int taken = 0; taken < 30;)
        {
            ReadOnlySpan<nint> messages = native.Consume(TimeSpan.FromSeconds(1));
            foreach (nint message in messages)
                records.Add([message]);
            taken += messages.Length;
        }

        Assert.Equal(10, records.Waiting);
        records.Free();
        Assert.Equal(0, records.Waiting);
    }

    private static ConsumerClient NewClient(KafkaOptions options) =>
        new(ClientSettings.Reader(options).Append(new("enable.partition.eof", "false")), new ClientLines(NullLogger.Instance));

    private static void Take(NativeConsumer native, int count, Action? onRecords = null)
    {
        for (int taken = 0; taken < count;)
        {
            ReadOnlySpan<nint> messages = native.Consume(TimeSpan.FromSeconds(1));
            if (!messages.IsEmpty)
                onRecords?.Invoke();
            native.Return(messages);
            taken += messages.Length;
        }
    }
}
