using System.Diagnostics;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Log;

public sealed class RebalanceTests : LogTest
{
    [Theory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public async Task Two_members_share_the_partitions_and_lose_nothing(string protocol)
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync(usagePartitions: 6);
        Assert.SkipUnless(kafka.Supports(KafkaFeature.SharedGroups), kafka.Lacks(KafkaFeature.SharedGroups));
        Assert.SkipUnless(protocol == "classic" || kafka.Supports(KafkaFeature.ConsumerProtocol), kafka.Lacks(KafkaFeature.ConsumerProtocol));
        options.Client["group.protocol"] = protocol;
        for (int partition = 0; partition < 6; partition++)
            Produce(kafka, options.UsageTopic, partition, 2_000);

        // What the two have read is handed over through what the second one's start offsets are: the first one's next offsets.
        var first = new LogMember(options);
        first.PollUntil(() => first.Handler.Owned.Count == 7 && first.Handler.Positions.Count == 7);
        var second = new LogMember(options);
        PollBothUntil(first, second, () =>
        {
            HandOver(first, second);
            return second.Handler.Owned.Count >= 3 && first.Handler.Owned.Count <= 4;
        });

        // Cooperative: what stays is never taken away.
        Assert.All(first.Handler.Owned, kept => Assert.DoesNotContain(kept, first.Handler.Revoked));
        Assert.Equal(first.Handler.Revoked.Order(), second.Handler.Owned.Order());
        for (int partition = 0; partition < 6; partition++)
            Produce(kafka, options.UsageTopic, partition, 1_000, from: 2_000);

        PollBothUntil(first, second, () => first.Handler.Records.Count + second.Handler.Records.Count >= 18_000);
        second.Dispose();
        HandOver(second, first);
        first.PollUntil(() => first.Handler.Owned.Count == 7);
        Produce(kafka, options.UsageTopic, 0, 100, from: 3_000);
        first.PollUntil(() => first.Handler.Records.Count + second.Handler.Records.Count >= 18_100);

        for (int partition = 0; partition < 6; partition++)
        {
            List<long> offsets = [.. first.Handler.OffsetsOf(Usage(options, partition)), .. second.Handler.OffsetsOf(Usage(options, partition))];
            AssertComplete(offsets.Order(), 0, partition == 0 ? 3_100 : 3_000);
        }

        first.Dispose();
    }

    [Fact]
    public async Task A_revoked_partition_waits_for_its_last_checkpoint_and_no_longer_than_the_bound()
    {
        (_, KafkaOptions options) = await NewLogAsync();
        options.Client["max.poll.interval.ms"] = "6000";
        options.Client["session.timeout.ms"] = "6000";
        int advanced = 0;
        var handler = new RecordingHandler();
        handler.WhenAdvanced = () => advanced++;
        handler.WhetherReleased = _ => advanced >= 20;
        var member = new LogMember(options, handler);
        member.PollUntil(() => handler.Owned.Count == 2);
        member.Dispose();
        Assert.Equal(20, advanced);
        Assert.Empty(handler.Owned);

        // The bound is a third of max.poll.interval.ms, by a clock on which each look at the handler takes a tenth of a second.
        var time = new ShiftedTime();
        advanced = 0;
        handler.WhenAdvanced = () =>
        {
            advanced++;
            time.Shift(TimeSpan.FromSeconds(0.1));
        };
        handler.WhetherReleased = _ => false;
        var stubborn = new LogMember(options, handler, time: time);
        stubborn.PollUntil(() => handler.Owned.Count == 2);
        advanced = 0;
        long started = time.GetTimestamp();
        stubborn.Dispose();
        Assert.True(time.GetElapsedTime(started).TotalSeconds >= 2);
        Assert.InRange(advanced, 1, 20);
        Assert.Empty(handler.Owned);
        Assert.Empty(handler.Lost);
    }

    [Theory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public async Task A_member_that_does_not_poll_for_too_long_loses_its_partitions_and_gets_them_again(string protocol)
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Assert.SkipUnless(protocol == "classic" || kafka.Supports(KafkaFeature.ConsumerProtocol), kafka.Lacks(KafkaFeature.ConsumerProtocol));
        options.Client["group.protocol"] = protocol;
        options.Client["max.poll.interval.ms"] = "6000";
        if (protocol == "classic")
            options.Client["session.timeout.ms"] = "6000";

        Produce(kafka, options.UsageTopic, 0, 100);
        using var member = new LogMember(options);
        member.PollUntil(() => member.Handler.Positions.Count == 2);
        await member.Logs.HaveSaidAsync("maximum poll interval (6000ms) exceeded");
        Produce(kafka, options.UsageTopic, 0, 100, from: 100);
        member.PollUntil(() => member.Handler.Lost.Count == 2 && member.Handler.Owned.Count == 2);
        member.PollUntil(() => member.Handler.Positions[Usage(options)] == 200);
        Assert.Empty(member.Handler.Revoked);
        AssertComplete(member.Handler.OffsetsOf(Usage(options)), 0, 200);
    }

    [Fact]
    public async Task A_static_member_comes_back_to_its_partitions_without_a_rebalance()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync(usagePartitions: 2, errorPartitions: 2);
        Assert.SkipUnless(kafka.Supports(KafkaFeature.StaticMembers), kafka.Lacks(KafkaFeature.StaticMembers));
        options.Client["group.instance.id"] = TestKafka.NewName("instance");
        using var stays = new LogMember(options, member: 0, members: 2);
        var leaves = new LogMember(options, member: 1, members: 2);
        PollBothUntil(stays, leaves, () => stays.Handler.Owned.Count == 2 && leaves.Handler.Owned.Count == 2);
        List<SourcePartition> before = [.. leaves.Handler.Owned.Order()];
        int revokedBefore = stays.Handler.Revoked.Count;
        leaves.Dispose();
        using var back = new LogMember(options, member: 1, members: 2);
        PollBothUntil(stays, back, () => back.Handler.Owned.Count == 2);
        Assert.Equal(before, back.Handler.Owned.Order());
        // The group may meet again with nothing to give out; that anything had moved would show here.
        Assert.Equal(revokedBefore, stays.Handler.Revoked.Count);
    }

    [Fact]
    public async Task The_old_holder_of_an_instance_id_ends_with_a_line_that_says_what_to_do()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.StaticMembers), kafka.Lacks(KafkaFeature.StaticMembers));
        options.Client["group.instance.id"] = TestKafka.NewName("instance");
        using var old = new LogMember(options);
        old.PollUntil(() => old.Handler.Owned.Count == 2);
        using var taker = new LogMember(options);
        LogFatalException fatal = Assert.Throws<LogFatalException>(() => PollBothUntil(old, taker, () => false));
        Assert.Contains("group.instance.id", fatal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_partitions_are_assigned_and_read()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.Administration), kafka.Lacks(KafkaFeature.Administration));
        using var member = new LogMember(options);
        member.PollUntil(() => member.Handler.Positions.Count == 2);
        await kafka.AddPartitionsAsync(options.UsageTopic, 3);
        Produce(kafka, options.UsageTopic, 2, 50);
        member.PollUntil(() => member.Handler.OffsetsOf(Usage(options, 2)).Count >= 50);
        Assert.Equal(4, member.Handler.Owned.Count);
        Assert.Empty(member.Handler.Revoked);
    }

    [Fact]
    public async Task What_a_handler_throws_during_a_rebalance_is_thrown_by_the_poll()
    {
        (_, KafkaOptions options) = await NewLogAsync();
        var handler = new RecordingHandler();
        var member = new LogMember(options, handler);
        member.PollUntil(() => handler.Owned.Count == 2);
        handler.WhetherReleased = _ => throw new InvalidOperationException("broken invariant");
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(member.Dispose);
        Assert.Equal("broken invariant", thrown.Message);
        Assert.False(member.Log.IsMember, "the client goes on for nobody");
    }

    private static void HandOver(LogMember from, LogMember to)
    {
        foreach ((SourcePartition source, long next) in from.Handler.NextOffsets)
            to.Handler.NextOffsets[source] = Math.Max(next, to.Handler.NextOffsets.GetValueOrDefault(source));
    }

    private static void PollBothUntil(LogMember first, LogMember second, Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < LogMember.Deadline, $"not within {LogMember.Deadline}: {first.Handler.Owned.Count} and {second.Handler.Owned.Count} owned");
            first.Poll();
            second.Poll();
        }
    }
}
