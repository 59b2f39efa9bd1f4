using StreamAgg.Embedded.Postgres;
using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>A PostgreSQL that goes away in every manner and comes back: the service runs on, nothing is lost, nothing is counted twice.</summary>
public sealed class PostgresOutageTests(PostgresOutageTests.Server server) : IClassFixture<PostgresOutageTests.Server>
{
    [Fact]
    public Task Stopped_for_20_seconds() => OutageAsync(TimeSpan.FromSeconds(20), p => p.StopAsync(), p => p.StartAsync());

    [Fact]
    public Task Killed_in_the_middle_of_its_work() => OutageAsync(TimeSpan.FromSeconds(3), p => p.StopAsync(StopMode.Immediate), p => p.StartAsync());

    [Fact]
    public Task Hanging_with_its_connections_open() =>
        OutageAsync(TimeSpan.FromSeconds(8), p => { p.Pause(); return Task.CompletedTask; }, p => { p.Resume(); return Task.CompletedTask; });

    [Fact]
    public Task Read_only_for_a_while() => ReadOnlyAsync(
        "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()",
        "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()");

    /// <summary>As after a failover: the sessions of the pool go on living, and none of them will ever write.</summary>
    [Fact]
    public Task Read_only_in_sessions_that_live_on() => ReadOnlyAsync(
        "ALTER ROLE test_service SET default_transaction_read_only = on", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'test_service'",
        "ALTER ROLE test_service RESET default_transaction_read_only", "SELECT 1");

    private async Task ReadOnlyAsync(params string[] statements)
    {
        await using var deployment = await Deployment.CreateAsync(postgres: server.Postgres);
        var traffic = Traffic.AcrossMidnight(13);
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

    private async Task OutageAsync(TimeSpan length, Func<EmbeddedPostgres, Task> hurt, Func<EmbeddedPostgres, Task> mend)
    {
        await using var deployment = await Deployment.CreateAsync(postgres: server.Postgres);
        var traffic = Traffic.AcrossMidnight(14);
        var process = deployment.Run();
        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();
        string url = await process.HttpUrlAsync();
        using var http = new HttpClient { Timeout = Eventually.Deadline };

        deployment.Events.Send(traffic.Next(200));
        await hurt(server.Postgres);
        var end = DateTime.UtcNow + length;
        while (DateTime.UtcNow < end)
        {
            deployment.Events.Send(traffic.Next(50));
            Assert.True((await http.GetAsync($"{url}/healthz/live", TestContext.Current.CancellationToken)).IsSuccessStatusCode, "an outage must not restart the process");
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }

        await mend(server.Postgres);
        deployment.Events.Send(traffic.Next(200));
        await deployment.AssertExactAsync();
        Assert.Equal(0, await process.StopAsync());
    }

    public sealed class Server : IAsyncLifetime
    {
        public EmbeddedPostgres Postgres { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Postgres = await EmbeddedPostgres.CreateAsync();

        public ValueTask DisposeAsync() => Postgres.DisposeAsync();
    }
}
