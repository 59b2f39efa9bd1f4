using System.Diagnostics;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Three members on three brokers are replaced one by one under load, as a rolling deployment does.</summary>
[Collection(ThreeNodes.Name)]
public sealed class RollingRestartTests(ThreeNodes nodes)
{
    private const int Members = 3;
    private const int EventsASecond = 400;

    /// <summary>A partition stands still from its member's last checkpoint until the next one has claimed it; a start on a busy machine is most of it.</summary>
    private static readonly TimeSpan MaxLag = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Members_are_replaced_one_by_one_under_load_and_nothing_is_lost_counted_twice_or_held_up()
    {
        var cluster = await nodes.StartedAsync();
        // Known again by their ids: the others notice nothing. By the newer protocol each is a new one, and only its own partitions move.
        await RollAsync(cluster, "classic", slot => ("Kafka:Client:group.instance.id", $"member-{slot}"));
        await RollAsync(cluster, "consumer", _ => ("Kafka:Client:client.id", "member"));
    }

    private static async Task RollAsync(KafkaCluster cluster, string protocol, Func<int, (string Key, string Value)> identity)
    {
        await using var deployment = await Deployment.CreateAsync(
            partitions: 3, Brokers.Of(cluster), settings: [("Kafka:Client:group.protocol", protocol), ("Pipeline:CheckpointInterval", "00:00:01")]);
        List<ServiceProcess> members = [.. Enumerable.Range(0, Members).Select(slot => deployment.Run(identity(slot)))];
        await deployment.WaitAsync(
            async () =>
            {
                deployment.Events.Send(SteadyTraffic.AcrossMidnight(1).Next(20));
                return await Owners.CountAsync(deployment) == Members;
            },
            () => "three owners");

        using var rolled = new CancellationTokenSource();
        var load = Task.Run(() => Produce(deployment, rolled.Token), CancellationToken.None);
        var lag = WatchLagAsync(deployment, rolled.Token);
        for (int slot = 0; slot < Members; slot++)
        {
            Assert.Equal(0, await members[slot].StopAsync());
            var counted = await deployment.State.PartitionsAsync();
            members[slot] = deployment.Run(identity(slot));
            // Every partition was checkpointed by somebody after the restart, and none went back.
            await deployment.WaitAsync(
                async () => (await deployment.State.PartitionsAsync()).All(row => row.Value.NextOffset > counted[row.Key].NextOffset),
                () => $"every partition to move on after member {slot} was replaced");
        }

        await rolled.CancelAsync();
        await load;
        Assert.InRange(await lag, 0, (long)(MaxLag.TotalSeconds * EventsASecond));
        await deployment.AssertExactAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{protocol}: {deployment.Recount.Count} events, lag at most {await lag} records");
        foreach (var member in members)
            Assert.Equal(0, await member.StopAsync());
    }

    private static void Produce(Deployment deployment, CancellationToken stop)
    {
        var traffic = SteadyTraffic.AcrossMidnight(2);
        long started = Stopwatch.GetTimestamp();
        for (int sent = 0; !stop.IsCancellationRequested; sent += EventsASecond / 10)
        {
            deployment.Events.Send(traffic.Next(EventsASecond / 10));
            var ahead = TimeSpan.FromSeconds(sent / (double)EventsASecond) - Stopwatch.GetElapsedTime(started);
            if (ahead > TimeSpan.Zero)
                stop.WaitHandle.WaitOne(ahead);
        }
    }

    /// <returns>The most records that were not counted yet.</returns>
    private static async Task<long> WatchLagAsync(Deployment deployment, CancellationToken stop)
    {
        long most = 0;
        while (!stop.IsCancellationRequested)
        {
            var ends = await deployment.Brokers.EndOffsetsAsync(deployment.UsageTopic, deployment.ErrorTopic);
            var counted = await deployment.State.PartitionsAsync();
            most = Math.Max(most, ends.Sum(end => end.Value - counted[end.Key].NextOffset));
        }

        return most;
    }
}
