using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Options;
using StreamAgg.Kafka.Tests.Log;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Metadata;

/// <summary>One of three brokers dies, and with it the only replica of a partition and the group's coordinator.</summary>
public sealed class BrokerOutageTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_living_brokers_know_is_told_while_one_is_away_and_after()
    {
        Assert.SkipUnless(KafkaCluster.Home is not null, "a broker is killed: name an Apache Kafka by KAFKA_HOME");
        await using KafkaCluster cluster = await KafkaCluster.StartAsync(3, new Dictionary<string, string> { ["offsets.topic.replication.factor"] = "1" });
        await CreateTopicOfLoneReplicasAsync(cluster);
        var options = new KafkaOptions { BootstrapServers = cluster.BootstrapServers, GroupId = "g" };
        using var metadata = new KafkaMetadata(options, NullLogger<KafkaMetadata>.Instance, Timeout);
        using var group = new KafkaGroup(options, NullLogger<KafkaGroup>.Instance, Timeout);
        using IConsumer<Ignore, Ignore> member = Join(cluster);
        SourcePartition[] sources = [new("t", 0), new("t", 1), new("t", 2)];
        TopicDetails described = await DescriptionAsync(metadata);
        await UntilAsync(async () => (await group.AssignedAsync(Cancellation))?.Count == 3);

        int coordinator = await CoordinatorAsync(cluster);
        cluster.Kill(coordinator);

        // Until the other two notice, the dead one is still the leader, and then there is none: a replica that is not in sync is no node.
        SourcePartition[] led = [.. sources.Where(source => source.Partition != coordinator)];
        await UntilAsync(async () => (await EndsAsync(metadata, sources)).Keys.Order().SequenceEqual(led));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(described, await DescriptionAsync(metadata));
            await UntilAsync(async () => (await EndsAsync(metadata, sources)).Keys.Order().SequenceEqual(led));
            Assert.Null(await group.AssignedAsync(Cancellation));
        }

        await cluster.RestartAsync(coordinator);
        await UntilAsync(async () => (await EndsAsync(metadata, sources)).Count == 3);
        await UntilAsync(async () => (await group.AssignedAsync(Cancellation))?.Count == 3);
        Assert.Equal(described, await DescriptionAsync(metadata));
    }

    /// <summary>Partition n lies on node n, counted from 0, and nowhere else.</summary>
    private static async Task CreateTopicOfLoneReplicasAsync(KafkaCluster cluster)
    {
        using IAdminClient admin = Admin(cluster);
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = "t",
            NumPartitions = 3,
            ReplicasAssignments = Enumerable.Range(0, 3).ToDictionary(partition => partition, partition => new List<int> { partition + 1 }),
        }]);
    }

    private static IConsumer<Ignore, Ignore> Join(KafkaCluster cluster)
    {
        IConsumer<Ignore, Ignore> member = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = cluster.BootstrapServers, GroupId = "g" })
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        member.Subscribe("t");
        member.Consume(TimeSpan.FromSeconds(5));
        return member;
    }

    /// <summary>The node, counted from 0, that holds the one partition of the offsets topic.</summary>
    private static async Task<int> CoordinatorAsync(KafkaCluster cluster)
    {
        using IAdminClient admin = Admin(cluster);
        DescribeConsumerGroupsResult group = await admin.DescribeConsumerGroupsAsync(["g"]);
        return group.ConsumerGroupDescriptions[0].Coordinator.Id - 1;
    }

    private static IAdminClient Admin(KafkaCluster cluster) =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = cluster.BootstrapServers }).SetLogHandler((_, _) => { }).Build();

    /// <summary>Asked again while the client still waits for the broker that died.</summary>
    private static async Task<TopicDetails> DescriptionAsync(KafkaMetadata metadata)
    {
        TopicDetails? described = null;
        await UntilAsync(async () =>
        {
            try
            {
                described = (await metadata.DescribeAsync(["t"], Cancellation))["t"];
                return true;
            }
            catch (LogUnavailableException)
            {
                return false;
            }
        });
        return described!;
    }

    /// <summary>No answer at all is one without offsets.</summary>
    private static async Task<IReadOnlyDictionary<SourcePartition, long>> EndsAsync(KafkaMetadata metadata, SourcePartition[] sources)
    {
        try
        {
            return await metadata.EndOffsetsAsync(sources, Cancellation);
        }
        catch (LogUnavailableException)
        {
            return new Dictionary<SourcePartition, long>();
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < LogMember.Deadline, $"not within {LogMember.Deadline}");
            await Task.Delay(200, Cancellation);
        }
    }
}
