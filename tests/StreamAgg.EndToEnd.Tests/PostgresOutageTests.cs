using StreamAgg.Embedded.Postgres;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Postgres;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>A PostgreSQL that goes away in every manner and comes back: the service runs on, nothing is lost, nothing is counted twice.</summary>
public sealed class PostgresOutageTests
{
    [Fact]
    public async Task Stopped_for_many_checkpoints_killed_at_its_work_or_hanging_with_its_connections_open()
    {
        await using EmbeddedPostgres postgres = await TestPostgres.OwnAsync();
        await using var deployment = await Deployment.CreateAsync(postgres: postgres.ConnectionString());
        var traffic = SteadyTraffic.AcrossMidnight(14);
        var process = deployment.Run();
        string url = await process.HttpUrlAsync();
        await OutageAsync(6, () => postgres.StopAsync(), postgres.StartAsync);
        await OutageAsync(1, () => postgres.StopAsync(StopMode.Immediate), postgres.StartAsync);
        await OutageAsync(1, () => Task.Run(postgres.Pause), () => Task.Run(postgres.Resume));
        Assert.Equal(0, await process.StopAsync());

        // Until a member was told so often that its checkpoint was not written, or that nobody answers what comes before it.
        async Task OutageAsync(int failures, Func<Task> hurt, Func<Task> mend)
        {
            using var http = new HttpClient { Timeout = Eventually.Deadline };
            deployment.Events.Send(traffic.Next(300));
            await deployment.AssertExactAsync();
            deployment.Events.Send(traffic.Next(200));
            await hurt();
            int told = process.StoreFailures;
            await deployment.WaitAsync(
                async () =>
                {
                    deployment.Events.Send(traffic.Next(10));
                    Assert.True((await http.GetAsync($"{url}/healthz/live", TestContext.Current.CancellationToken)).IsSuccessStatusCode, "an outage must not restart the process");
                    return process.StoreFailures >= told + failures;
                },
                () => $"{failures} failures of the members");
            await mend();
            deployment.Events.Send(traffic.Next(200));
            await deployment.AssertExactAsync();
        }
    }

    /// <summary>For all for a while; and, as after a failover, in sessions that live on in the pool and none of which will ever write.</summary>
    [Theory]
    [InlineData("SYSTEM", "pg_reload_conf()", "pg_reload_conf()")]
    [InlineData("ROLE test_service", "pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'test_service'", "1")]
    public async Task Read_only_for_all_or_in_sessions_that_live_on(string whom, string begin, string end)
    {
        await using EmbeddedPostgres postgres = await TestPostgres.OwnAsync();
        await using var deployment = await Deployment.CreateAsync(postgres: postgres.ConnectionString());
        var traffic = SteadyTraffic.AcrossMidnight(13);
        var process = deployment.Run();
        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();

        await deployment.ExecuteAsync($"ALTER {whom} SET default_transaction_read_only = on");
        await deployment.ExecuteAsync($"SELECT {begin}");
        deployment.Events.Send(traffic.Next(300));
        await process.WaitForOutputAsync("read-only");
        await deployment.ExecuteAsync($"ALTER {whom} RESET default_transaction_read_only");
        await deployment.ExecuteAsync($"SELECT {end}");

        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();
    }
}
