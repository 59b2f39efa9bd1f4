using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Log;

public sealed class SeekTests : LogTest
{
    [Fact]
    public async Task A_partition_started_again_in_the_middle_of_a_batch_goes_on_exactly_where_it_was_told()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Produce(kafka, options.UsageTopic, 0, 20_000);
        using var member = new LogMember(options);
        SourcePartition source = Usage(options);
        member.Handler.WhenRecord = (_, offset) =>
        {
            if (offset == 5_000)
            {
                member.Handler.WhenRecord = null;
                member.Log.Start(source, 1_234, leaderEpoch: 0);
            }
        };
        member.PollUntil(() => member.Handler.Positions.ContainsKey(source));

        List<long> offsets = member.Handler.OffsetsOf(source);
        AssertComplete(offsets[..5_001], 0, 5_001);
        AssertComplete(offsets[5_001..], 1_234, 20_000);
    }

    [Fact]
    public async Task A_start_ahead_skips_what_lies_between_and_nothing_else()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Produce(kafka, options.UsageTopic, 0, 20_000);
        using var member = new LogMember(options);
        SourcePartition source = Usage(options);
        member.Handler.WhenRecord = (_, offset) =>
        {
            if (offset == 100)
                member.Log.Start(source, 15_000, leaderEpoch: null);
        };
        member.PollUntil(() => member.Handler.Positions.ContainsKey(source));

        List<long> offsets = member.Handler.OffsetsOf(source);
        AssertComplete(offsets[..101], 0, 101);
        AssertComplete(offsets[101..], 15_000, 20_000);
    }

    [Fact]
    public async Task Random_stops_and_starts_lose_and_double_nothing()
    {
        // Some thirty interruptions, each of which waits for the broker.
        const int Records = 15_000;
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync(usagePartitions: 4);
        for (int partition = 0; partition < 4; partition++)
            Produce(kafka, options.UsageTopic, partition, Records);

        var random = new Random(20260131);
        using var member = new LogMember(options);
        var expected = new Dictionary<SourcePartition, long>();
        var stopped = new HashSet<SourcePartition>();
        int faults = 0;
        member.Handler.WhenRecord = (source, offset) =>
        {
            // A start moves the expectation, a stop forbids all delivery; anything else is the next record.
            faults += stopped.Contains(source) || offset != expected.GetValueOrDefault(source) ? 1 : 0;
            expected[source] = offset + 1;
            switch (random.Next(4_000))
            {
                case 0:
                    long next = random.NextInt64(Math.Max(0, offset - 3_000), offset + 1);
                    member.Log.Start(source, next, leaderEpoch: 0);
                    expected[source] = next;
                    break;
                case 1:
                    member.Log.Stop(source);
                    stopped.Add(source);
                    break;
                case 2:
                    member.Log.Pause();
                    break;
                default:
                    break;
            }
        };
        member.PollUntil(
            () =>
            {
                foreach (SourcePartition source in stopped)
                    member.Log.Start(source, expected[source], leaderEpoch: 0);

                stopped.Clear();
                member.Log.Resume();
                return expected.Count == 4 && expected.Values.All(offset => offset == Records);
            });
        Assert.Equal(0, faults);
    }

    [Fact]
    public async Task A_pause_holds_everything_back_and_a_resume_goes_on_with_the_next_record()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Produce(kafka, options.UsageTopic, 0, 20_000);
        using var member = new LogMember(options);
        SourcePartition source = Usage(options);
        member.Handler.WhenRecord = (_, offset) =>
        {
            if (offset == 7_777)
                member.Log.Pause();
        };
        member.PollUntil(() => member.Handler.Records.Count >= 7_778);
        for (int poll = 0; poll < 20; poll++)
            member.Poll();

        Assert.Equal(7_778, member.Handler.Records.Count);

        member.Log.Resume();
        member.PollUntil(() => member.Handler.Positions.ContainsKey(source));
        AssertComplete(member.Handler.OffsetsOf(source), 0, 20_000);
    }

    [Fact]
    public async Task A_start_on_a_partition_that_is_not_assigned_does_nothing()
    {
        (_, KafkaOptions options) = await NewLogAsync();
        using var member = new LogMember(options);
        member.Log.Start(new SourcePartition(options.UsageTopic, 99), 5, leaderEpoch: null);
        member.Log.Stop(new SourcePartition("none", 0));
        member.PollUntil(() => member.Handler.Positions.Count == 2);
    }
}
