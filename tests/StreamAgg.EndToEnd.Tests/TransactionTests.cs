using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Producers with transactions: the last offset of a partition is a control record, and some records never happened.</summary>
public sealed class TransactionTests : IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await Brokers.NeedAsync(KafkaFeature.Transactions);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Committed_events_count_aborted_ones_do_not_and_hours_close_behind_control_records()
    {
        await using var deployment = await Deployment.CreateAsync();
        using var producer = Producer(deployment);
        var traffic = SteadyTraffic.AcrossMidnight(18);
        deployment.Run();
        for (int i = 0; i < 4; i++)
        {
            producer.Begin();
            producer.Send(traffic.Next(50));
            producer.Commit();
            producer.Begin();
            producer.SendUncounted(traffic.Next(30));
            producer.Abort();
        }

        await deployment.AssertExactAsync();
    }

    [Fact]
    public async Task An_open_transaction_holds_its_hour_open_until_it_is_decided()
    {
        await using var deployment = await Deployment.CreateAsync();
        using var producer = Producer(deployment);
        producer.Begin();
        producer.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 70));
        deployment.Events.Send(0, GatewayEvent.Error(SteadyTraffic.Evening, "openai", 500));
        deployment.Run();

        // The other partitions are read to their ends and follow the clock, and the publisher has looked several times since.
        var other = (deployment.UsageTopic, 1);
        await deployment.WaitAsync(
            async () => (await deployment.State.PartitionsAsync()).GetValueOrDefault(other) is { Watermark: not null, Checkpoint: > 5 }, () => "checkpoints");
        Assert.Equal(1, await deployment.State.CountMarksAsync());
        Assert.Empty((await deployment.TablesAsync()).Hourly);
        // The status names the cause of a lag that stands still.
        var stuck = (await deployment.JsonOfAsync("status")).GetProperty("partitions").EnumerateArray()
            .Single(partition => partition.GetProperty("topic").GetString() == deployment.UsageTopic && partition.GetProperty("partition").GetInt32() == 0);
        Assert.Equal((0, 1, 1), (stuck.GetProperty("last_stable_offset").GetInt64(), stuck.GetProperty("log_end_offset").GetInt64(), stuck.GetProperty("lag").GetInt64()));

        producer.Commit();
        await deployment.AssertExactAsync();
    }

    private static EventProducer Producer(Deployment deployment) =>
        new(deployment.Brokers.BootstrapServers, deployment.UsageTopic, deployment.ErrorTopic, deployment.Recount, TestKafka.NewName("producer"));
}
