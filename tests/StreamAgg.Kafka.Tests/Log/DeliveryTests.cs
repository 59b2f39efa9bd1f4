using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Log;

public sealed class DeliveryTests : LogTest
{
    [Fact]
    public async Task Records_of_both_topics_arrive_in_order_with_their_time_and_epoch()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync(usagePartitions: 3, errorPartitions: 2);
        for (int partition = 0; partition < 3; partition++)
            Produce(kafka, options.UsageTopic, partition, 1000);

        Produce(kafka, options.ErrorTopic, 1, 500);
        using var member = new LogMember(options);
        member.PollUntil(() => member.Handler.Records.Count >= 3500 && member.Handler.Positions.Count == 5);

        for (int partition = 0; partition < 3; partition++)
            AssertComplete(member.Handler.OffsetsOf(Usage(options, partition)), 0, 1000);

        AssertComplete(member.Handler.OffsetsOf(new SourcePartition(options.ErrorTopic, 1)), 0, 500);
        Assert.Equal(1000, member.Handler.Positions[Usage(options)]);
        Assert.Equal(0, member.Handler.Positions[new SourcePartition(options.ErrorTopic, 0)]);
        Assert.NotNull(member.Handler.LastTimestamp);
        Assert.True(member.Handler.Records.TrueForAll(record => ReferenceEquals(record.Source.Topic, options.UsageTopic) || ReferenceEquals(record.Source.Topic, options.ErrorTopic)));
    }

    [Fact]
    public async Task Nothing_is_delivered_before_the_start()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Produce(kafka, options.UsageTopic, 0, 100);
        using var member = new LogMember(options, new RecordingHandler { StartsWhatItIsAssigned = false });
        member.PollUntil(() => member.Handler.Owned.Count == 2);
        member.Log.Start(new SourcePartition(options.ErrorTopic, 0), 0, leaderEpoch: null);
        member.PollUntil(() => member.Handler.Positions.Count > 0);
        Assert.Empty(member.Handler.Records);
        Assert.DoesNotContain(Usage(options), member.Handler.Positions.Keys);

        member.Log.Start(Usage(options), 40, leaderEpoch: 0);
        member.PollUntil(() => member.Handler.Positions.ContainsKey(Usage(options)));
        AssertComplete(member.Handler.OffsetsOf(Usage(options)), 40, 100);
    }
}
