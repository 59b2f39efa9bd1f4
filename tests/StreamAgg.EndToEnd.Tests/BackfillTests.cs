using System.Text.Json;
using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Hours from before the stream, out of the gateway's own tables.</summary>
public sealed class BackfillTests
{
    private const int Days = 10;

    [Fact]
    public async Task Killed_in_the_middle_and_started_again_it_fills_each_hour_once_and_verify_finds_what_is_changed_afterwards()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        await RawTables.CreateAsync(deployment);
        await RawTables.GenerateAsync(deployment, "2024-03-01Z", Days, 60_000);
        for (int kill = 1; kill <= 2; kill++)
        {
            var process = deployment.Start(["backfill", "--to", "2024-03-11T00:00:00Z"], []);
            long before = await FilledAsync(deployment);
            await Eventually.TrueAsync(async () => process.HasExited || await FilledAsync(deployment) > before, () => process.Tail());
            await process.KillAsync();
        }

        Assert.Contains("were filled before", await deployment.OutputAsync(0, "backfill", "--to", "2024-03-11T00:00:00Z"), StringComparison.Ordinal);
        Assert.Equal(Days * 24, await FilledAsync(deployment));
        await AssertExactAsync(deployment);
        Assert.Equal($"nothing to do: 2024-03-01T00:00:00Z to 2024-03-11T00:00:00Z, {Days * 24} were filled "
            + $"before\n", await deployment.OutputAsync(0, "backfill", "--to", "2024-03-11T00:00:00Z"));

        string[] verify = ["verify", "--against", "raw", "--json"];
        using (JsonDocument all = JsonDocument.Parse(await deployment.OutputAsync(0, verify)))
            Assert.Equal((66_000, 0), (all.RootElement.GetProperty("events").GetInt32(), all.RootElement.GetProperty("differences").GetInt32()));
        using (JsonDocument some = JsonDocument.Parse(await deployment.OutputAsync(4, [.. verify, "--where", "errors:status_code IS NOT NULL "
            + "-- a gateway that counts no others"])))
            Assert.True(some.RootElement.GetProperty("differences").GetInt32() > Days * 24);
        await deployment.ExecuteAsync("UPDATE ops_metrics_hourly SET success_count = success_count + 1 WHERE bucket_start = '2024-03-04 "
            + "07:00Z' AND platform = 'openai'; DELETE FROM ops_metrics_daily WHERE bucket_date = '2024-03-05' AND platform = 'kiro'");
        using (JsonDocument wrong = JsonDocument.Parse(await deployment.OutputAsync(4, verify)))
            Assert.Equal(
                ["ops_metrics_hourly 2024-03-04T07:00:00Z openai", "ops_metrics_daily 2024-03-05 kiro"],
                wrong.RootElement.GetProperty("differing").EnumerateArray().Select(row => $"{row.GetProperty("table")} "
                    + $"{row.GetProperty("bucket")} {row.GetProperty("platform")}"));

        await deployment.OutputAsync(0, "backfill", "--replace", "--from", "2024-03-04T00:00:00Z", "--to", "2024-03-06T00:00:00Z");
        await AssertExactAsync(deployment);
        Assert.Equal("42501", (await Assert.ThrowsAsync<Npgsql.PostgresException>(async () =>
        {
            await using var raw = Npgsql.NpgsqlDataSource.Create(deployment.Settings["Raw:ConnectionString"]);
            await using var writing = raw.CreateCommand("DELETE FROM usage_logs");
            await writing.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        })).SqlState);
    }

    [Fact]
    public async Task The_day_of_a_takeover_is_the_exact_recount_of_what_was_before_and_what_came_after()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        await RawTables.CreateAsync(deployment);
        var noon = new DateTime(2024, 3, 9, 13, 0, 0, DateTimeKind.Utc);
        var events = new SteadyTraffic(31, noon.Date, hours: 24).Next(6000);
        await RawTables.AddAsync(deployment, events);
        // The batch job's: its p99 of a day is a mean of hours, as is usual.
        await deployment.ExecuteAsync(
            """
            INSERT INTO ops_metrics_hourly (bucket_start, platform, request_count, success_count, error_count, p99_latency_ms, computed_at)
            SELECT date_trunc('hour', (line->>'created_at')::timestamptz), coalesce(line->>'platform', line->>'group_platform'), count(*), count(*) FILTER (WHERE NOT is_error),
              count(*) FILTER (WHERE is_error), 7, '2024-03-09 13:05Z'
            FROM raw_event WHERE (line->>'created_at')::timestamptz < '2024-03-09 13:00Z' GROUP BY 1, 2;
            INSERT INTO ops_metrics_daily (bucket_date, platform, request_count, success_count, error_count, p99_latency_ms, computed_at)
            SELECT '2024-03-09', platform, sum(request_count), sum(success_count), sum(error_count), avg(p99_latency_ms), '2024-03-09 13:05Z' FROM ops_metrics_hourly GROUP BY 2
            """);
        deployment.Events.Send(events.Where(e => e.Time >= noon), batch: 20);
        var service = deployment.Run();
        await SettleAsync(deployment);
        Assert.All((await deployment.TablesAsync()).Daily, row => Assert.Equal(7, row.P99Milliseconds));

        string said = await deployment.OutputAsync(0, "backfill");
        Assert.StartsWith("filled 2024-03-09T00:00:00Z to 2024-03-09T13:00:00Z: 13 hours;", said, StringComparison.Ordinal);
        await SettleAsync(deployment);
        await AssertExactAsync(deployment);

        // Beside the running service: refused as a whole, then replaced, and the stream goes on where it was.
        await RawTables.AddAsync(deployment, [GatewayEvent.Usage(noon.AddHours(1.5), "openai", 1234), GatewayEvent.Error(noon.AddHours(1.5), "openai", 504)]);
        string[] range = ["--from", "2024-03-09T12:00:00Z", "--to", "2024-03-09T15:00:00Z"];
        Assert.Contains(
            "2 hours of 2024-03-09T12:00:00Z to 2024-03-09T15:00:00Z were counted here from the stream: 2024-03-09T13:00:00Z, "
                + "2024-03-09T14:00:00Z. Nothing was changed.",
            await deployment.OutputAsync(3, ["backfill", .. range]), StringComparison.Ordinal);
        Assert.Contains("is not over yet", await deployment.OutputAsync(3, "backfill", "--replace", "--to", "2999-01-01T00:00:00Z"), StringComparison.Ordinal);
        await deployment.OutputAsync(0, ["backfill", "--replace", .. range]);
        await AssertExactAsync(deployment);
        GatewayEvent[] more = [GatewayEvent.Usage(noon.AddHours(1.7), "openai", 1234), GatewayEvent.Usage(noon.AddHours(9), "gemini", 1234)];
        await RawTables.AddAsync(deployment, more);
        deployment.Events.Send(more);
        await SettleAsync(deployment);
        await AssertExactAsync(deployment);
        Assert.Equal(0, await service.StopAsync());
    }

    private static Task SettleAsync(Deployment deployment) =>
        deployment.WaitAsync(async () => await deployment.State.WhatIsUnsettledAsync() is "", () => "everything to be published");

    /// <summary>percentile_cont and GROUP BY over the raw rows say the same.</summary>
    private static async Task AssertExactAsync(Deployment deployment)
    {
        var (hours, wrongHours) = await SqlAnswer.CompareHoursAsync(deployment);
        var (days, wrongDays) = await SqlAnswer.CompareDaysAsync(deployment);
        Assert.True(hours > 24 && days > 3, $"{hours} and {days} rows");
        if (wrongHours + wrongDays > 0)
            Assert.Fail($"{wrongHours} hours and {wrongDays} days are wrong:\n{await deployment.OutputAsync(4, "verify", "--against", "raw")}");
    }

    private static Task<long> FilledAsync(Deployment deployment) => deployment.ScalarAsync("SELECT count(*) FROM streamagg.backfilled_hour");
}
