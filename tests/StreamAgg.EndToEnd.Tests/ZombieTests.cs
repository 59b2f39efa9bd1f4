using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Members that believe they own what another one owns by now.</summary>
public sealed class ZombieTests
{
    private const string Fenced = "another member has claimed it";

    [Theory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public async Task A_member_frozen_for_longer_than_its_session_comes_back_and_changes_nothing(string protocol)
    {
        if (protocol == "consumer")
            await Brokers.NeedAsync(KafkaFeature.ConsumerProtocol);
        await using var deployment = await Deployment.CreateAsync(
            partitions: 2, settings: [("Kafka:Client:group.protocol", protocol), ("Kafka:Client:session.timeout.ms", "3000"), ("Kafka:Client:heartbeat.interval.ms", "500")]);
        var traffic = SteadyTraffic.AcrossMidnight(11);
        var frozen = deployment.Run();
        await deployment.WaitAsync(async () => await Owners.CountAsync(deployment) == 1, () => "the first owner");
        deployment.Events.Send(traffic.Next(500));

        // With records read and not written, in the middle of whatever it does.
        frozen.Freeze();
        deployment.Events.Send(traffic.Next(300));
        string before = await OwnerAsync(deployment);
        deployment.Run();
        await deployment.WaitAsync(async () => await Owners.CountAsync(deployment) == 1 && await OwnerAsync(deployment) != before, () => "the other owner of all");
        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();

        frozen.Thaw();
        await deployment.WaitAsync(
            () => Task.FromResult(frozen.Output.Contains(Fenced, StringComparison.Ordinal) || frozen.Output.Contains(": lost ", StringComparison.Ordinal)),
            () => "the frozen one to learn it");
        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();
        Assert.Equal(0, await frozen.StopAsync());
        await deployment.AssertExactAsync();
    }

    [Fact]
    public async Task Two_groups_that_each_own_every_partition_fence_each_other_and_count_nothing_twice()
    {
        await using var deployment = await Deployment.CreateAsync();
        var traffic = SteadyTraffic.AcrossMidnight(12);
        var first = deployment.Run();
        await deployment.WaitAsync(async () => await Owners.CountAsync(deployment) == 1, () => "the first owner");
        var second = deployment.Run(("Kafka:GroupId", TestKafka.NewName("group")));

        await deployment.WaitAsync(
            () =>
            {
                deployment.Events.Send(traffic.Next(50));
                return Task.FromResult(first.Output.Contains(Fenced, StringComparison.Ordinal) && second.Output.Contains(Fenced, StringComparison.Ordinal));
            },
            () => "each to be fenced by the other");

        Assert.Equal(0, await first.StopAsync());
        deployment.Events.Send(traffic.Next(50));
        await deployment.AssertExactAsync();
    }

    private static async Task<string> OwnerAsync(Deployment deployment) =>
        (await deployment.State.PartitionsAsync()).Values.Select(row => row.Owner).First() ?? "";
}
