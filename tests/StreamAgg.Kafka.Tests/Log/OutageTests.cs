using StreamAgg.Kafka.Options;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Log;

public sealed class OutageTests : LogTest
{
    [Fact]
    public async Task A_reader_goes_on_where_it_was_after_its_broker_was_killed_and_came_back()
    {
        Assert.SkipUnless(KafkaCluster.Home is not null, "a broker is killed: name an Apache Kafka by KAFKA_HOME");
        await using KafkaCluster cluster = await KafkaCluster.StartAsync();
        var options = new KafkaOptions { BootstrapServers = cluster.BootstrapServers };
        await cluster.CreateTopicAsync(options.UsageTopic, 2, new Dictionary<string, string>());
        await cluster.CreateTopicAsync(options.ErrorTopic, 1, new Dictionary<string, string>());
        Produce(cluster.BootstrapServers, options.UsageTopic, 0, 500);
        var member = new LogMember(options);
        member.PollUntil(() => member.Handler.Records.Count >= 500 && member.Handler.Positions.Count == 3);

        cluster.Kill();
        member.PollUntil(() => member.Logs.HaveSaid("Connection refused"));
        member.Log.Pause();
        member.Poll();
        member.Log.Resume();
        member.Poll();
        await cluster.RestartAsync();
        Produce(cluster.BootstrapServers, options.UsageTopic, 0, 500, from: 500);
        member.PollUntil(() => member.Handler.Records.Count >= 1000);
        AssertComplete(member.Handler.OffsetsOf(Usage(options)), 0, 1000);
        Assert.Empty(member.Handler.OutOfRange);

        // And it ends while nobody answers.
        cluster.Freeze();
        await Task.Run(member.Dispose, TestContext.Current.CancellationToken).WaitAsync(LogMember.Deadline, TestContext.Current.CancellationToken);
        Assert.Empty(member.Handler.Owned);
    }
}
