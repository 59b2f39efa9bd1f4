using DotNet.Testcontainers.Builders;
using StreamAgg.Embedded.Postgres;
using Testcontainers.PostgreSql;

namespace StreamAgg.Testing.Postgres;

/// <summary>The PostgreSQL that an assembly's tests share: this machine's, or, where it has none and Docker answers, a container.</summary>
public static class TestPostgres
{
    private static readonly Lazy<Task<(string Administrator, IAsyncDisposable Server)>> Shared = new(StartAsync);

    /// <summary>Its administrator's connection string. Started at the first call.</summary>
    public static async Task<string> SharedAsync() => (await Shared.Value).Administrator;

    /// <summary>A server of the test's own, to be hurt. Where this machine has none, the test is skipped.</summary>
    public static Task<EmbeddedPostgres> OwnAsync(EmbeddedPostgresOptions? options = null) => EmbeddedPostgres.IsThere
        ? EmbeddedPostgres.CreateAsync(options)
        : throw new InvalidOperationException("$XunitDynamicSkip$a PostgreSQL of this machine is hurt, and it has none: ./dev setup installs one");

    /// <summary>A standby of it. Where these binaries can't make one, the test is skipped.</summary>
    public static Task<EmbeddedPostgres> StandbyAsync(EmbeddedPostgres primary) => primary.CanHaveStandby
        ? primary.CreateStandbyAsync()
        : throw new InvalidOperationException("$XunitDynamicSkip$this PostgreSQL comes without pg_basebackup, which makes a standby");

    public static async ValueTask EndAsync()
    {
        if (Shared.IsValueCreated)
            await (await Shared.Value).Server.DisposeAsync();
    }

    private static async Task<(string Administrator, IAsyncDisposable Server)> StartAsync()
    {
        if (!EmbeddedPostgres.IsThere)
        {
            try
            {
                string image = ComposeFile.Image("postgres");
                PostgreSqlContainer container = new PostgreSqlBuilder(image).WithCommand("-c", "max_connections=200", "-c", "fsync=off").Build();
                await container.StartAsync();
                Console.WriteLine($"PostgreSQL for these tests: {image} in a container");
                return (container.GetConnectionString(), container);
            }
            catch (DockerUnavailableException)
            {
                // The embedded one says what to do.
            }
        }

        // More than a hundred databases are removed at its end, which takes a busy disk its time.
        EmbeddedPostgres server = await EmbeddedPostgres.CreateAsync(new EmbeddedPostgresOptions { CommandTimeout = TimeSpan.FromMinutes(5) });
        return (server.ConnectionString(), server);
    }
}
