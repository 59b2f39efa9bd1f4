using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Log;

public sealed class MissingOffsetTests : LogTest
{
    [Fact]
    public async Task An_expired_offset_is_reported_and_the_partition_stands_still_until_it_is_started_elsewhere()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync(usagePartitions: 2);
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Administration), kafka.Lacks(KafkaFeature.Administration));
        Produce(kafka, options.UsageTopic, 0, 1000);
        Produce(kafka, options.UsageTopic, 1, 1000);
        await kafka.DeleteRecordsAsync(options.UsageTopic, 0, before: 600);
        SourcePartition source = Usage(options);

        using var member = new LogMember(options);
        member.Handler.NextOffsets[source] = 100;
        member.PollUntil(() => member.Handler.OutOfRange.Count > 0 && member.Handler.Positions.ContainsKey(Usage(options, 1)));
        (SourcePartition reported, long offset, string reason) = Assert.Single(member.Handler.OutOfRange);
        Assert.Equal((source, 100), (reported, offset));
        Assert.NotEmpty(reason);
        Produce(kafka, options.UsageTopic, 1, 1, from: 1000);
        member.PollUntil(() => member.Handler.Positions[Usage(options, 1)] == 1001);
        Assert.Empty(member.Handler.OffsetsOf(source));
        Assert.Single(member.Handler.OutOfRange);

        using var metadata = new KafkaMetadata(options);
        long beginning = (await metadata.BeginningOffsetsAsync([source], TestContext.Current.CancellationToken))[source];
        Assert.Equal(600, beginning);
        member.Log.Start(source, beginning, leaderEpoch: null);
        member.PollUntil(() => member.Handler.Positions.ContainsKey(source));
        AssertComplete(member.Handler.OffsetsOf(source), 600, 1000);
        AssertComplete(member.Handler.OffsetsOf(Usage(options, 1)), 0, 1001);
    }

    [Fact]
    public async Task An_offset_past_the_end_is_reported_too()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Produce(kafka, options.UsageTopic, 0, 10);
        SourcePartition source = Usage(options);
        using var member = new LogMember(options);
        member.Handler.NextOffsets[source] = 5_000;
        member.PollUntil(() => member.Handler.OutOfRange.Count > 0);
        Assert.Equal((source, 5_000), (member.Handler.OutOfRange[0].Source, member.Handler.OutOfRange[0].Offset));

        member.Log.Start(source, 0, leaderEpoch: null);
        member.PollUntil(() => member.Handler.Positions.ContainsKey(source));
        AssertComplete(member.Handler.OffsetsOf(source), 0, 10);
    }

    [Fact]
    public async Task Records_that_expire_under_a_reader_are_reported_while_it_runs()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Administration), kafka.Lacks(KafkaFeature.Administration));
        SourcePartition source = Usage(options);
        Produce(kafka, options.UsageTopic, 0, 100);
        using var member = new LogMember(options);
        member.PollUntil(() => member.Handler.Positions.GetValueOrDefault(source) == 100);
        member.Log.Pause();
        member.Poll();
        Produce(kafka, options.UsageTopic, 0, 100, from: 100);
        await kafka.DeleteRecordsAsync(options.UsageTopic, 0, before: 150);
        member.Log.Resume();
        member.PollUntil(() => member.Handler.OutOfRange.Count > 0);
        Assert.Equal(100, member.Handler.OutOfRange[0].Offset);
    }

    [Fact]
    public async Task A_recreated_topic_has_another_id_and_is_read_from_its_new_beginning()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Administration), kafka.Lacks(KafkaFeature.Administration));
        SourcePartition source = Usage(options);
        Produce(kafka, options.UsageTopic, 0, 500);
        using var metadata = new KafkaMetadata(options);
        TopicDetails before = (await metadata.DescribeAsync([options.UsageTopic], TestContext.Current.CancellationToken))[options.UsageTopic];
        using var member = new LogMember(options);
        member.PollUntil(() => member.Handler.Positions.GetValueOrDefault(source) == 500);

        await kafka.DeleteTopicAsync(options.UsageTopic);
        Assert.Empty(await metadata.DescribeAsync([options.UsageTopic], TestContext.Current.CancellationToken));
        await kafka.CreateTopicAsync(options.UsageTopic, 1);
        Produce(kafka, options.UsageTopic, 0, 20);
        TopicDetails after = (await metadata.DescribeAsync([options.UsageTopic], TestContext.Current.CancellationToken))[options.UsageTopic];
        Assert.NotEqual(before.TopicId, after.TopicId);

        // The reader either loses the partition and gets it again, or meets an offset that the new log does not hold.
        member.Handler.Records.Clear();
        member.Handler.NextOffsets[source] = 0;
        member.PollUntil(
            () =>
            {
                if (member.Handler.OutOfRange.Count > 0)
                {
                    member.Handler.OutOfRange.Clear();
                    member.Log.Start(source, 0, leaderEpoch: null);
                }

                return member.Handler.Records.Count >= 20;
            });
        AssertComplete(member.Handler.OffsetsOf(source), 0, 20);
    }
}
