using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>The thinnest path: records in, rows out, and an end in good order.</summary>
public sealed class RecordsToRowsTests
{
    [Fact]
    public async Task Records_go_in_and_exact_rows_come_out_whatever_the_time_zone_of_database_session_and_process()
    {
        await using var deployment = await Deployment.CreateAsync();
        await deployment.ExecuteAsync("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Kolkata''', current_database()); END $$");
        deployment.Settings["Postgres:ConnectionString"] += ";Timezone=Asia/Kolkata";
        var process = deployment.Start(["run"], [], new Dictionary<string, string> { ["TZ"] = "Asia/Kolkata" });
        deployment.Events.Send(SteadyTraffic.AcrossMidnight(1).Next(600));
        deployment.Events.Send(SteadyTraffic.AcrossMidnight(2).Next(2000), batch: 50);

        var tables = await deployment.AssertExactAsync();

        Assert.Equal([new DateTime(2024, 3, 9), new DateTime(2024, 3, 10)], tables.Daily.Select(row => row.Bucket).Distinct());
        Assert.Equal(0, await process.StopAsync());
    }

    [Fact]
    public async Task A_backlog_is_published_once_an_hour_however_far_one_partition_is_ahead()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 3);
        var hour = SteadyTraffic.Evening;
        for (int hours = 0; hours < 30; hours++)
        {
            var traffic = new SteadyTraffic(hours, hour.AddHours(hours), 1);
            for (int partition = 0; partition < 3; partition++)
                deployment.Events.Send(partition, [.. traffic.Next(partition == 0 ? 200 : 5)]);
        }

        var process = deployment.Run();
        var tables = await deployment.AssertExactAsync();

        await process.StopAsync();
        Assert.Equal((tables.Hourly.Count, tables.Daily.Count), PublishedRows(process.Output));
    }

    [Fact]
    public async Task An_end_in_good_order_writes_what_no_checkpoint_has_written_yet()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        var process = deployment.Run(("Pipeline:CheckpointInterval", "00:10:00"));
        deployment.Events.Send(SteadyTraffic.AcrossMidnight(3).Next(300));
        // A dead letter is sent when its record is counted: it tells that everything before it was read.
        deployment.Events.SendRaw(deployment.UsageTopic, "no JSON");
        deployment.Events.SendRaw(deployment.ErrorTopic, "no JSON");
        string letters = deployment.Settings["Kafka:DeadLetterTopic"];
        await deployment.WaitAsync(async () => (await deployment.Brokers.EndOffsetsAsync(letters)).Values.Sum() == 2, () => "two dead letters");

        Assert.Equal(0, await process.StopAsync());

        var partitions = await deployment.State.PartitionsAsync();
        Assert.Equal(await deployment.Brokers.EndOffsetsAsync(deployment.UsageTopic, deployment.ErrorTopic), partitions.ToDictionary(row => row.Key, row => row.Value.NextOffset));
        deployment.Run();
        await deployment.AssertExactAsync();
    }

    private static (int Hours, int Days) PublishedRows(string log)
    {
        var lines = System.Text.RegularExpressions.Regex.Matches(log, "published ([0-9]+) hourly and ([0-9]+) daily rows");
        return (lines.Sum(line => int.Parse(line.Groups[1].Value)), lines.Sum(line => int.Parse(line.Groups[2].Value)));
    }
}
