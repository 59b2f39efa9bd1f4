using StreamAgg.Embedded.Postgres;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Postgres;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>A PostgreSQL that goes away in every manner and comes back: the service runs on, nothing is lost, nothing is counted twice.</summary>
public sealed class PostgresOutageTests
{
    [Fact]
    public Task Stopped_for_many_checkpoints() => OutageAsync(6, p => p.StopAsync(), p => p.StartAsync());

    [Fact]
    public Task Killed_in_the_middle_of_its_work() => OutageAsync(1, p => p.StopAsync(StopMode.Immediate), p => p.StartAsync());

    [Fact]
    public Task Hanging_with_its_connections_open() =>
        OutageAsync(1, p => { p.Pause(); return Task.CompletedTask; }, p => { p.Resume(); return Task.CompletedTask; });

    [Fact]
    public Task Read_only_for_a_while() => ReadOnlyAsync(
        "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()",
        "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()");

    /// <summary>As after a failover: the sessions of the pool go on living, and none of them will ever write.</summary>
    [Fact]
    public Task Read_only_in_sessions_that_live_on() => ReadOnlyAsync(
        "ALTER ROLE test_service SET default_transaction_read_only = on", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'test_service'",
        "ALTER ROLE test_service RESET default_transaction_read_only", "SELECT 1");

    private static async Task ReadOnlyAsync(params string[] statements)
    {
        await using EmbeddedPostgres postgres = await TestPostgres.OwnAsync();
        await using var deployment = await Deployment.CreateAsync(postgres: postgres.ConnectionString());
        var traffic = SteadyTraffic.AcrossMidnight(13);
        var process = deployment.Run();
        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();

        foreach (string statement in statements[..2])
            await deployment.ExecuteAsync(statement);
        deployment.Events.Send(traffic.Next(300));
        await process.WaitForOutputAsync("read-only");
        foreach (string statement in statements[2..])
            await deployment.ExecuteAsync(statement);

        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();
    }

    /// <param name="failures">So often a member is told meanwhile that its checkpoint was not written, or that nobody answers what comes before it.</param>
    /// <param name="hurt">Begins the outage.</param>
    /// <param name="mend">Ends it.</param>
    private static async Task OutageAsync(int failures, Func<EmbeddedPostgres, Task> hurt, Func<EmbeddedPostgres, Task> mend)
    {
        await using EmbeddedPostgres postgres = await TestPostgres.OwnAsync();
        await using var deployment = await Deployment.CreateAsync(postgres: postgres.ConnectionString());
        var traffic = SteadyTraffic.AcrossMidnight(14);
        var process = deployment.Run();
        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();
        string url = await process.HttpUrlAsync();
        using var http = new HttpClient { Timeout = Eventually.Deadline };

        deployment.Events.Send(traffic.Next(200));
        await hurt(postgres);
        int told = process.StoreFailures;
        await deployment.WaitAsync(
            async () =>
            {
                deployment.Events.Send(traffic.Next(10));
                Assert.True((await http.GetAsync($"{url}/healthz/live", TestContext.Current.CancellationToken)).IsSuccessStatusCode, "an outage must not restart the process");
                return process.StoreFailures >= told + failures;
            },
            () => $"{failures} failures of the members");
        await mend(postgres);
        deployment.Events.Send(traffic.Next(200));
        await deployment.AssertExactAsync();
        Assert.Equal(0, await process.StopAsync());
    }
}
