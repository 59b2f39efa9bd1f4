using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

public sealed class CrashTests
{
    /// <summary>A killed member is missed after two seconds, so that the next one need not wait for long.</summary>
    private static readonly (string, string)[] ShortSession = [("Kafka:Client:session.timeout.ms", "2000"), ("Kafka:Client:heartbeat.interval.ms", "300")];

    [Fact]
    public async Task Killed_again_and_again_while_it_reads_it_counts_every_event_once()
    {
        await using var deployment = await Deployment.CreateAsync(settings: ShortSession);
        var random = new Random(20240309);
        var traffic = SteadyTraffic.AcrossMidnight(4);
        var producing = Task.Run(
            () =>
            {
                for (int i = 0; i < 60; i++)
                {
                    deployment.Events.Send(traffic.Next(50));
                    Thread.Sleep(150);
                }
            },
            TestContext.Current.CancellationToken);

        for (int kill = 0; kill < 4; kill++)
        {
            var process = deployment.Run();
            long before = await CheckpointsAsync(deployment);
            await deployment.WaitAsync(async () => await CheckpointsAsync(deployment) > before + 2, () => "checkpoints");
            await Task.Delay(random.Next(400), TestContext.Current.CancellationToken);
            await process.KillAsync();
        }

        deployment.Run();
        await producing;
        await deployment.AssertExactAsync();
    }

    [Fact]
    public async Task Killed_before_its_first_checkpoint_it_starts_where_it_would_have_started()
    {
        await using var deployment = await Deployment.CreateAsync(settings: ShortSession);
        deployment.Events.Send(SteadyTraffic.AcrossMidnight(5).Next(200));
        var process = deployment.Run(("Pipeline:CheckpointInterval", "00:10:00"));
        await process.WaitForOutputAsync("claimed with epoch 1");
        await process.KillAsync();

        deployment.Run();
        await deployment.AssertExactAsync();
    }

    [Fact]
    public async Task A_static_member_that_is_killed_and_started_again_takes_its_partitions_back_and_no_other_member_notices()
    {
        await Brokers.NeedAsync(KafkaFeature.StaticMembers);
        await using var deployment = await Deployment.CreateAsync(
            settings: [("Kafka:Client:session.timeout.ms", "1200000"), ("Kafka:Client:max.poll.interval.ms", "1200000")]);
        var killed = deployment.Run(("Kafka:Client:group.instance.id", "first"));
        await deployment.WaitAsync(async () => await OwnedAsync(deployment, "") == 4, () => "four partitions claimed");
        var other = deployment.Run(("Kafka:Client:group.instance.id", "second"));
        await deployment.WaitAsync(
            async () => (await deployment.State.PartitionsAsync()).Values.Select(row => row.Owner).Distinct().Count() == 2, () => "two owners");
        deployment.Events.Send(SteadyTraffic.AcrossMidnight(6).Next(200));
        await deployment.AssertExactAsync();
        int assignments = Occurrences(other.Output, "assigned ") + Occurrences(other.Output, "giving up ");

        await killed.KillAsync();
        deployment.Events.Send(SteadyTraffic.AcrossMidnight(7).Next(200));
        deployment.Run(("Kafka:Client:group.instance.id", "first"));
        await deployment.AssertExactAsync();

        Assert.Equal(assignments, Occurrences(other.Output, "assigned ") + Occurrences(other.Output, "giving up "));
    }

    private static async Task<long> CheckpointsAsync(Deployment deployment)
    {
        bool exists = await deployment.ScalarAsync("SELECT count(*) FROM pg_tables WHERE schemaname = 'streamagg' AND tablename = 'source_partition'") > 0;
        return exists ? (await deployment.State.PartitionsAsync()).Values.Sum(row => row.Checkpoint) : 0;
    }

    private static async Task<int> OwnedAsync(Deployment deployment, string owner) =>
        (await deployment.State.PartitionsAsync()).Values.Count(row => row.Owner?.Contains(owner, StringComparison.Ordinal) == true);

    private static int Occurrences(string text, string word) => text.Split(word).Length - 1;
}
