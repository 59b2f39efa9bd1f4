using Confluent.Kafka.Admin;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Brokers that hang, die, and come back with their data.</summary>
public sealed class BrokerOutageTests(BrokerOutageTests.ThreeNodes nodes) : IClassFixture<BrokerOutageTests.ThreeNodes>
{
    [Fact]
    public async Task Brokers_that_hang_move_no_watermark_and_when_killed_and_back_they_have_lost_nothing()
    {
        var cluster = await nodes.StartedAsync();
        await using var deployment = await Deployment.CreateAsync(brokers: Brokers.Of(cluster));
        var traffic = SteadyTraffic.AcrossMidnight(15);
        var process = deployment.Run();
        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();

        ThreeNodes.ForEach(cluster.Freeze);
        await deployment.WaitAsync(() => Task.FromResult(Unanswered(process) > 0), () => "a checkpoint without the brokers' answer");
        var still = await WatermarksAsync(deployment);
        int unanswered = Unanswered(process);
        await deployment.WaitAsync(() => Task.FromResult(Unanswered(process) > unanswered), () => "another one");
        Assert.Equal(still, await WatermarksAsync(deployment));
        ThreeNodes.ForEach(cluster.Thaw);
        await deployment.WaitAsync(async () => (await WatermarksAsync(deployment)).Values.Min() > still.Values.Max(), () => "watermarks that move again");

        deployment.Events.Send(traffic.Next(300));
        ThreeNodes.ForEach(cluster.Kill);
        var producing = Task.Run(() => deployment.Events.Send(traffic.Next(300)), TestContext.Current.CancellationToken);
        await Task.WhenAll(cluster.RestartAsync(0), cluster.RestartAsync(1), cluster.RestartAsync(2));
        await producing;
        await deployment.AssertExactAsync();
        Assert.Equal(0, await process.StopAsync());
    }

    [Fact]
    public async Task Leaders_that_move_when_a_broker_dies_are_followed()
    {
        var cluster = await nodes.StartedAsync();
        await using var deployment = await Deployment.CreateAsync(partitions: 3, brokers: Brokers.Of(cluster));
        var traffic = SteadyTraffic.AcrossMidnight(23);
        var process = deployment.Run();
        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();

        for (int node = 0; node < 2; node++)
        {
            deployment.Events.Send(traffic.Next(100));
            cluster.Kill(node);
            deployment.Events.Send(traffic.Next(300));
            await deployment.AssertExactAsync();
            await cluster.RestartAsync(node);
        }

        deployment.Events.Send(traffic.Next(100));
        await deployment.AssertExactAsync();
        Assert.Equal(0, await process.StopAsync());
    }

    [Fact]
    public async Task A_partition_that_cannot_be_reached_holds_every_hour_open()
    {
        var cluster = await nodes.StartedAsync();
        await using var deployment = await Deployment.CreateAsync(partitions: 3, brokers: ThreeNodes.WithoutReplicas(cluster));
        deployment.Events.Send(new SteadyTraffic(24, SteadyTraffic.Evening, hours: 1).Next(200));
        cluster.Kill(1);
        var process = deployment.Run();
        await deployment.WaitAsync(() => Task.FromResult(process.Output.Split("not claimed yet").Length > 6), () => "claims that are tried again");
        Assert.Empty((await deployment.TablesAsync()).Hourly);

        await cluster.RestartAsync(1);
        await deployment.AssertExactAsync();
    }

    private static int Unanswered(ServiceProcess process) =>
        process.Output.Split("no hour closes by the clock").Length + process.Output.Split("checkpoint not written").Length - 2;

    private static async Task<Dictionary<(string, int), DateTime?>> WatermarksAsync(Deployment deployment) =>
        (await deployment.State.PartitionsAsync()).ToDictionary(row => row.Key, row => row.Value.Watermark);

    public sealed class ThreeNodes : IAsyncLifetime
    {
        private const int Count = 3;

        private KafkaCluster? cluster;

        /// <summary>Skips the test where no Kafka can be started. Starts the cluster at the first call.</summary>
        public async Task<KafkaCluster> StartedAsync()
        {
            await Brokers.NeedAsync(KafkaFeature.NodeFaults);
            return cluster ??= await KafkaCluster.StartAsync(Count);
        }

        public static void ForEach(Action<int> act)
        {
            for (int node = 0; node < Count; node++)
                act(node);
        }

        /// <summary>Topics whose partitions lie on one node each: partition 1 on node 1, and nowhere else.</summary>
        internal static Brokers WithoutReplicas(KafkaCluster cluster) => new(cluster.BootstrapServers, async (topic, partitions) =>
        {
            using var admin = Brokers.Of(cluster).Admin();
            await admin.CreateTopicsAsync([new TopicSpecification
            {
                Name = topic,
                NumPartitions = partitions,
                // Brokers are numbered from 1.
                ReplicasAssignments = Enumerable.Range(0, partitions).ToDictionary(partition => partition, partition => new List<int> { partition + 1 }),
            }]);
        });

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => cluster?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
