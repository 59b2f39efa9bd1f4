using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

public sealed class LateEventTests
{
    [Fact]
    public async Task Events_that_come_days_late_publish_their_hour_and_day_again_and_leave_every_other_row_alone()
    {
        await using var deployment = await Deployment.CreateAsync();
        var process = deployment.Run();
        deployment.Events.Send(SteadyTraffic.AcrossMidnight(19).Next(500));
        deployment.Events.Send(new SteadyTraffic(20, SteadyTraffic.Evening.AddDays(3), 2).Next(100));
        var before = await deployment.AssertExactAsync();

        deployment.Events.Send(1, GatewayEvent.Usage(SteadyTraffic.Evening.AddMinutes(7), "openai", 86_000), GatewayEvent.Error(SteadyTraffic.Evening.AddMinutes(8), "openai", 504));
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening.AddMinutes(9), "new", 1));
        var after = await deployment.AssertExactAsync();

        Assert.Equal([(SteadyTraffic.Evening, "new"), (SteadyTraffic.Evening, "openai")], Changed(before.Hourly, after.Hourly));
        Assert.Equal([(SteadyTraffic.Evening.Date, "new"), (SteadyTraffic.Evening.Date, "openai")], Changed(before.Daily, after.Daily));

        // Everything is folded into the base by now, and counted on top of it after a restart.
        Assert.Equal(0, await process.StopAsync());
        deployment.Run();
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening.AddMinutes(10), "new", 2));
        var last = await deployment.AssertExactAsync();
        Assert.Equal([(SteadyTraffic.Evening, "new")], Changed(after.Hourly, last.Hourly));
        Assert.Equal([(SteadyTraffic.Evening.Date, "new")], Changed(after.Daily, last.Daily));
    }

    private static IEnumerable<(DateTime, string)> Changed(IReadOnlyList<MetricRow> before, IReadOnlyList<MetricRow> after)
    {
        var written = before.ToDictionary(row => row.Key, row => row.ComputedAt);
        return after.Where(row => !written.TryGetValue(row.Key, out var at) || at != row.ComputedAt).Select(row => row.Key);
    }
}
