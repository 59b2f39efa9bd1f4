using Confluent.Kafka;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Topics that grow, lose records, or are made anew under the reader.</summary>
public sealed class TopicChangeTests : IAsyncLifetime
{
    private static readonly string[] Rebuild = ["rebuild", "--from", "2024-03-09T00:00:00Z", "--to", "2024-03-11T00:00:00Z"];

    public async ValueTask InitializeAsync() => await Brokers.NeedAsync(KafkaFeature.Administration);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_topic_gains_partitions_and_they_are_read_from_their_beginning()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1, settings: ("Kafka:Client:topic.metadata.refresh.interval.ms", "1000"));
        var traffic = SteadyTraffic.AcrossMidnight(16);
        var process = deployment.Run(("Kafka:StartFrom", "end"));
        await deployment.WaitAsync(async () => await Owners.CountAsync(deployment) == 1, () => "an owner");
        deployment.Events.Send(traffic.Next(200));
        await deployment.AssertExactAsync();

        var kafka = await TestKafka.SharedAsync();
        await kafka.AddPartitionsAsync(deployment.UsageTopic, 4);
        using var producer = new EventProducer(deployment.Brokers.BootstrapServers, deployment.UsageTopic, deployment.ErrorTopic, deployment.Recount);
        for (int partition = 0; partition < 4; partition++)
            producer.Send(partition, [.. traffic.Next(60).Where(e => !e.IsError)]);

        await deployment.AssertExactAsync();
        Assert.Equal(5, (await deployment.State.PartitionsAsync()).Count);
        Assert.Equal(0, await process.StopAsync());
    }

    [Fact]
    public async Task Records_that_expired_before_they_were_read_are_a_gap_that_stops_the_service_until_somebody_decides()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        var first = deployment.Run();
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 20), GatewayEvent.Error(SteadyTraffic.Evening, "openai", 429));
        await deployment.AssertExactAsync();
        Assert.Equal(0, await first.StopAsync());
        deployment.Events.SendUncounted(0, [.. Enumerable.Repeat(GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 30), 10)]);
        await (await TestKafka.SharedAsync()).DeleteRecordsAsync(deployment.UsageTopic, 0, 11);
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 40));

        using var collector = new MetricsCollector();
        for (int attempt = 0; attempt < 2; attempt++)
        {
            var stopped = deployment.Start(["run"], [], collector.Variables);
            Assert.Equal(3, await stopped.WaitForExitAsync());
            Assert.Contains("OnGap", stopped.Errors, StringComparison.Ordinal);
            Assert.Contains("Continue", stopped.Errors, StringComparison.Ordinal);
            Assert.Equal(1, await deployment.ScalarAsync("SELECT count(*) FROM streamagg.gap WHERE from_offset = 1 AND to_offset = 11"));
            Assert.Equal(1, (await deployment.State.PartitionsAsync())[(deployment.UsageTopic, 0)].NextOffset);
        }

        // Whoever restarts it without end is told by what it sends at its end: it lives for less than an interval.
        Assert.Contains("streamagg.gaps.stored", collector.Received, StringComparison.Ordinal);
        deployment.Run(("OnGap", "Continue"));
        await deployment.AssertExactAsync();
        var gap = Assert.Single((await deployment.JsonOfAsync("status")).GetProperty("gaps").EnumerateArray());
        Assert.Equal((deployment.UsageTopic, 1, 11), (gap.GetProperty("topic").GetString(), gap.GetProperty("from").GetInt64(), gap.GetProperty("to").GetInt64()));
        Assert.Contains($"{deployment.UsageTopic}-0 begins at offset 11", await deployment.OutputAsync(3, Rebuild), StringComparison.Ordinal);
        await deployment.AssertExactAsync();
    }

    [Fact]
    public async Task A_first_start_on_a_topic_with_expired_records_knows_no_gap()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        deployment.Events.SendUncounted(0, [.. Enumerable.Repeat(GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 30), 10)]);
        await (await TestKafka.SharedAsync()).DeleteRecordsAsync(deployment.UsageTopic, 0, 8);
        deployment.Recount.Add(Enumerable.Repeat(GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 30), 2));
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 40));

        deployment.Run();
        await deployment.AssertExactAsync();
        Assert.Equal(0, await deployment.ScalarAsync("SELECT count(*) FROM streamagg.gap"));
    }

    [Fact]
    public async Task A_topic_that_is_deleted_and_made_again_is_a_gap_and_what_was_counted_stays()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1, settings: ("Kafka:Client:topic.metadata.refresh.interval.ms", "1000"));
        var traffic = SteadyTraffic.AcrossMidnight(17);
        var stopped = deployment.Run();
        deployment.Events.Send(traffic.Next(200));
        await deployment.AssertExactAsync();

        var kafka = await TestKafka.SharedAsync();
        await kafka.DeleteTopicAsync(deployment.UsageTopic);
        await kafka.CreateTopicAsync(deployment.UsageTopic, 1);
        using var producer = new EventProducer(deployment.Brokers.BootstrapServers, deployment.UsageTopic, deployment.ErrorTopic, deployment.Recount) { Partitions = 1 };
        producer.Send(traffic.Next(300));
        Assert.Equal(3, await stopped.WaitForExitAsync());
        Assert.Contains("Continue", stopped.Errors, StringComparison.Ordinal);

        deployment.Run(("OnGap", "Continue"));
        await deployment.AssertExactAsync();
        Assert.Equal(1, await deployment.ScalarAsync("SELECT count(*) FROM streamagg.gap"));
        // What the topic of before told is in no log: counted again, these hours would lose it.
        Assert.Contains($"{deployment.UsageTopic}-0 was deleted and made again", await deployment.OutputAsync(3, Rebuild), StringComparison.Ordinal);
        await deployment.AssertExactAsync();
    }

    [Fact]
    public async Task A_log_that_expired_to_its_end_is_a_gap_and_what_comes_later_is_counted()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1, settings: ("OnGap", "Continue"));
        var first = deployment.Run();
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 20));
        await deployment.AssertExactAsync();
        await first.KillAsync();
        deployment.Events.SendUncounted(0, [.. Enumerable.Repeat(GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 30), 10)]);
        await (await TestKafka.SharedAsync()).DeleteRecordsAsync(deployment.UsageTopic, 0, Offset.End);

        deployment.Run();
        await deployment.AssertExactAsync();
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 40));
        await deployment.AssertExactAsync();
        Assert.Equal(1, await deployment.ScalarAsync("SELECT count(*) FROM streamagg.gap WHERE from_offset = 1 AND to_offset = 11"));
    }
}
