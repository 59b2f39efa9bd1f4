using System.Text;
using Confluent.Kafka;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Log;

public sealed class EndOfLogTests : LogTest
{
    [Fact]
    public async Task The_position_passes_control_records_and_aborted_events_and_equals_the_end_that_the_broker_names()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Transactions), kafka.Lacks(KafkaFeature.Transactions));
        SourcePartition source = Usage(options);
        Transact(kafka, options.UsageTopic, commit: true);
        Transact(kafka, options.UsageTopic, commit: false);

        using var member = new LogMember(options);
        using var metadata = new KafkaMetadata(options);
        long end = (await metadata.EndOffsetsAsync([source], TestContext.Current.CancellationToken))[source];
        Assert.Equal(22, end);
        member.PollUntil(() => member.Handler.Positions.GetValueOrDefault(source) == end);
        AssertComplete(member.Handler.OffsetsOf(source), 0, 10);

        // Another transaction after the end was reached moves the position on, past its marker too.
        Transact(kafka, options.UsageTopic, commit: true);
        member.PollUntil(() => member.Handler.Positions[source] == 33);
        Assert.Equal(20, member.Handler.Records.Count);

        // And a start in the middle of it all finds the end again.
        member.Handler.Positions.Clear();
        member.Log.Start(source, 11, leaderEpoch: 0);
        member.PollUntil(() => member.Handler.Positions.GetValueOrDefault(source) == 33);
        Assert.Equal(30, member.Handler.Records.Count);
    }

    private static void Transact(TestKafka kafka, string topic, bool commit)
    {
        using IProducer<byte[], byte[]> producer = kafka.Producer(("transactional.id", TestKafka.NewName("transaction")));
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        producer.BeginTransaction();
        for (int i = 0; i < 10; i++)
            producer.Produce(new TopicPartition(topic, 0), new Message<byte[], byte[]> { Value = Encoding.UTF8.GetBytes($"{i}") });

        producer.Flush(TimeSpan.FromSeconds(30));
        if (commit)
        {
            producer.CommitTransaction();
        }
        else
        {
            producer.AbortTransaction();
        }
    }
}
