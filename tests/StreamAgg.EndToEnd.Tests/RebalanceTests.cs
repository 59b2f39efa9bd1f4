using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

public sealed class RebalanceTests
{
    [Theory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public async Task A_member_joins_in_the_middle_of_an_hour_and_the_first_one_leaves_later_in_it(string protocol)
    {
        if (protocol == "consumer")
            await Brokers.NeedAsync(KafkaFeature.ConsumerProtocol);
        await using var deployment = await Deployment.CreateAsync(partitions: 4, settings: ("Kafka:Client:group.protocol", protocol));
        var traffic = new SteadyTraffic(8, SteadyTraffic.Evening, hours: 0.9);
        var first = deployment.Run();
        deployment.Events.Send(traffic.Next(300));
        await deployment.WaitAsync(async () => await Owners.CountAsync(deployment) == 1, () => "one owner");

        var second = deployment.Run();
        await deployment.WaitAsync(
            async () =>
            {
                deployment.Events.Send(traffic.Next(40));
                return await Owners.CountAsync(deployment) == 2;
            },
            () => "two owners");
        await deployment.AssertExactAsync();

        Assert.Equal(0, await first.StopAsync());
        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();
        Assert.Equal(1, await Owners.CountAsync(deployment));
        Assert.Equal(0, await second.StopAsync());
    }

    [Fact]
    public async Task Two_members_in_one_process_share_the_partitions()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 4);
        var process = deployment.Run(("Pipeline:Consumers", "2"));
        var traffic = SteadyTraffic.AcrossMidnight(9);
        await deployment.WaitAsync(
            async () =>
            {
                deployment.Events.Send(traffic.Next(40));
                return await Owners.CountAsync(deployment) == 2;
            },
            () => "two owners");
        await deployment.AssertExactAsync();
        Assert.Equal(0, await process.StopAsync());
    }
}
