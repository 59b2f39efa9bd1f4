using System.Text.Json;
using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>What somebody does on a bad day: hold the tables against the log, count hours again, count what was refused.</summary>
public sealed class RecountTests
{
    private const string Late = "2024-03-09T23:00:00Z";

    [Fact]
    public async Task Verify_finds_an_error_of_each_kind_and_rebuild_mends_it_while_more_comes()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 2);
        var service = deployment.Run();
        var traffic = SteadyTraffic.AcrossMidnight(3);
        deployment.Events.Send(traffic.Next(3000), batch: 5);
        await deployment.AssertExactAsync();
        using (JsonDocument right = await VerifyAsync(deployment, 0))
            Assert.Equal((3000, 0), (right.RootElement.GetProperty("events").GetInt32(), right.RootElement.GetProperty("differences").GetInt32()));

        await deployment.ExecuteAsync(
            """
            UPDATE ops_metrics_hourly SET request_count = request_count + 5 WHERE bucket_start = '2024-03-09 22:00Z' AND platform = 'openai';
            UPDATE ops_metrics_hourly SET p99_latency_ms = p99_latency_ms * 2 WHERE bucket_start = '2024-03-09 22:00Z' AND platform = 'gemini';
            DELETE FROM ops_metrics_hourly WHERE bucket_start = '2024-03-09 23:00Z' AND platform = '';
            INSERT INTO ops_metrics_hourly (bucket_start, platform, request_count) VALUES ('2024-03-09 23:00Z', 'ghost', 7);
            UPDATE ops_metrics_daily SET avg_latency_ms = avg_latency_ms + 1 WHERE bucket_date = '2024-03-10' AND platform = 'openai';
            INSERT INTO ops_metrics_daily (bucket_date, platform, request_count) VALUES ('2024-03-09', 'ghost', 7);
            """);
        using (JsonDocument wrong = await VerifyAsync(deployment, 4))
        {
            Assert.Equal(
                [
                    "ops_metrics_daily 2024-03-09 ghost", "ops_metrics_daily 2024-03-10 openai", "ops_metrics_hourly 2024-03-09T22:00:00Z gemini",
                    "ops_metrics_hourly 2024-03-09T22:00:00Z openai", "ops_metrics_hourly 2024-03-09T23:00:00Z ", "ops_metrics_hourly 2024-03-09T23:00:00Z ghost",
                ],
                wrong.RootElement.GetProperty("differing").EnumerateArray()
                    .Select(row => $"{row.GetProperty("table")} {row.GetProperty("bucket")} {row.GetProperty("platform")}").Order(StringComparer.Ordinal));
            JsonElement missing = wrong.RootElement.GetProperty("differing").EnumerateArray().Single(row => row.GetProperty("platform").GetString() == "");
            Assert.Equal(JsonValueKind.Null, missing.GetProperty("got").ValueKind);
        }

        // Beside the running service, with events on their way, and killed once on its way.
        string[] rebuild = ["rebuild", "--from", "2024-03-09T00:00:00Z", "--to", "2024-03-11T00:00:00Z"];
        var killed = deployment.Start(rebuild, []);
        deployment.Events.Send(traffic.Next(2000));
        await killed.KillAsync();
        await deployment.OutputAsync(0, rebuild);
        deployment.Events.Send(traffic.Next(500));
        await deployment.AssertExactAsync();
        using (JsonDocument mended = await VerifyAsync(deployment, 0))
            Assert.Equal((5500, 0.0), (mended.RootElement.GetProperty("events").GetInt32(), mended.RootElement.GetProperty("max_rank_error").GetDouble()));
        Assert.Contains("Nothing was compared", await deployment.OutputAsync(0, "verify", "--against", "log", "--from", "2030-01-01T00:00:00Z"));
        Assert.Equal(0, await service.StopAsync());
    }

    [Fact]
    public async Task Refused_events_count_once_after_the_setting_was_corrected_and_stay_counted_by_a_rebuild()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        var service = deployment.Run(("Events:TimeUnit", "s"));
        // Seconds were meant, milliseconds were sent: of a record's events every second one is refused, over a hundred of them by one letter.
        long hour = DateTimeOffset.Parse(Late, null).ToUnixTimeSeconds();
        string[] mixed = [.. Enumerable.Range(0, 240).Select(i => $$"""{"created_at":{{(i % 2 == 0 ? hour : hour * 1000)}},"platform":"openai","duration_ms":{{i}}}""")];
        deployment.Events.SendRaw(deployment.UsageTopic, $"[{string.Join(',', mixed)}]");
        deployment.Events.SendRaw(deployment.ErrorTopic, $$"""{"created_at":{{hour * 1000}},"platform":"gemini","status_code":504}""");
        await deployment.WaitAsync(
            async () => await deployment.ScalarAsync("SELECT coalesce(sum(events), 0) FROM streamagg.event_tally WHERE outcome = 'refused'") == 121,
            () => "121 refused events");
        Assert.Equal(0, await service.StopAsync());

        var corrected = deployment.Run();
        string[] replay = ["dead-letters", "replay"];
        Assert.Equal(121, (await deployment.JsonOfAsync([.. replay, "--dry-run"])).GetProperty("counted").GetInt32());
        var killed = deployment.Start(replay, []);
        await killed.KillAsync();
        JsonElement told = await deployment.JsonOfAsync(replay);
        Assert.Equal(121, told.GetProperty("counted").GetInt32() + told.GetProperty("counted_before").GetInt32());
        Assert.Equal(121, (await deployment.JsonOfAsync(replay)).GetProperty("counted_before").GetInt32());
        await SettleAsync(deployment);
        const string counts = "SELECT sum(request_count * 1000 + timeout_count) FROM ops_metrics_hourly";
        // 120 of the one record, counted when it was read, and the 121 that were refused then; one of these is a timeout.
        Assert.Equal(241_001, await deployment.ScalarAsync(counts));

        // Under today's setting the log's own seconds are of January 1970, and refused; what was replayed stays.
        await deployment.OutputAsync(0, "rebuild", "--from", "2024-03-09T00:00:00Z", "--to", "2024-03-10T00:00:00Z");
        Assert.Equal(121_001, await deployment.ScalarAsync(counts));
        using (JsonDocument right = await VerifyAsync(deployment, 0))
            Assert.Equal(121, right.RootElement.GetProperty("events").GetInt32());
        Assert.Equal(0, await corrected.StopAsync());
    }

    private static async Task<JsonDocument> VerifyAsync(Deployment deployment, int code) =>
        JsonDocument.Parse(await deployment.OutputAsync(code, "verify", "--against", "log", "--json"));

    private static Task SettleAsync(Deployment deployment) =>
        deployment.WaitAsync(async () => await deployment.State.WhatIsUnsettledAsync() is "", () => "everything to be published");
}
