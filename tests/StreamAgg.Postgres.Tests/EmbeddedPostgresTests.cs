using StreamAgg.Embedded.Postgres;
using StreamAgg.Postgres.Connections;
using StreamAgg.Testing.Postgres;

namespace StreamAgg.Postgres.Tests;

public class EmbeddedPostgresTests
{
    [Fact]
    public async Task It_keeps_its_data_and_port_over_a_stop_and_takes_its_folder_with_it()
    {
        string folder;
        await using (EmbeddedPostgres server = await TestPostgres.OwnAsync(new EmbeddedPostgresOptions { Settings = new Dictionary<string, string> { ["timezone"] = "Asia/Kolkata" } }))
        {
            int port = server.Port;
            await using (var database = new TestDatabase(new PostgresOptions { ConnectionString = server.ConnectionString() }))
            {
                await database.ExecuteAsync("CREATE TABLE t AS SELECT 7 AS seven");
                folder = await database.ScalarAsync<string>("SHOW data_directory");
                Assert.Equal("Asia/Kolkata", await database.ScalarAsync<string>("SHOW timezone"));
            }
            await server.StopAsync(StopMode.Immediate);
            await server.StartAsync();
            Assert.Equal(port, server.Port);
            await using (var database = new TestDatabase(new PostgresOptions { ConnectionString = server.ConnectionString() }))
                Assert.Equal(7, await database.ScalarAsync<int>("SELECT seven FROM t"));
            Assert.True(Directory.Exists(folder));
        }
        Assert.False(Directory.Exists(Path.GetDirectoryName(folder)));
    }

    [Fact]
    public async Task It_goes_even_when_it_is_paused()
    {
        EmbeddedPostgres server = await TestPostgres.OwnAsync();
        server.Pause();
        await server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(async () =>
        {
            await using var database = new TestDatabase(new PostgresOptions { ConnectionString = server.ConnectionString() });
            await database.ScalarAsync<int>("SELECT 1");
        });
    }
}
