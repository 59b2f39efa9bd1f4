using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Brokers that hang, die, and come back with their data.</summary>
[Collection(ThreeNodes.Name)]
public sealed class BrokerOutageTests(ThreeNodes nodes)
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
}
