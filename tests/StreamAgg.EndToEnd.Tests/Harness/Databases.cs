using Npgsql;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>The PostgreSQL that all tests share which do not hurt it: a database each, with logins that may do what deploy/roles.sql grants and no more.</summary>
internal static class Databases
{
    private static readonly Lazy<Task<EmbeddedPostgres>> Shared = new(() => EmbeddedPostgres.CreateAsync());
    private static readonly SemaphoreSlim OneAtATime = new(1);
    private static int last;

    public static Task<EmbeddedPostgres> SharedAsync() => Shared.Value;

    public static string NewName() => $"test{Interlocked.Increment(ref last)}";

    /// <summary>A database in which only the administrator may make anything; the server's roles and logins, if they are not there yet.</summary>
    public static async Task CreateAsync(EmbeddedPostgres postgres, string name)
    {
        await postgres.CreateDatabaseAsync(name);
        string roles = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "roles.sql"));
        await using var administrator = NpgsqlDataSource.Create(postgres.ConnectionString(name));
        await OneAtATime.WaitAsync();
        try
        {
            await using var command = administrator.CreateCommand(
                $"""
                REVOKE ALL ON DATABASE {name} FROM PUBLIC;
                {roles}
                DO $$
                BEGIN
                  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'test_service') THEN
                    CREATE ROLE test_migrator LOGIN PASSWORD 'm' IN ROLE streamagg_migrator;
                    CREATE ROLE test_service LOGIN PASSWORD 's' IN ROLE streamagg_service;
                  END IF;
                END
                $$
                """);
            await command.ExecuteNonQueryAsync();
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    public static string ServiceConnectionString(EmbeddedPostgres postgres, string name) => $"Host=127.0.0.1;Port={postgres.Port};Username=test_service;Password=s;Database={name}";

    public static string MigratorConnectionString(EmbeddedPostgres postgres, string name) => $"Host=127.0.0.1;Port={postgres.Port};Username=test_migrator;Password=m;Database={name}";

    public static async Task MigrateAsync(string connectionString, string pipeline, string schema)
    {
        var options = new PostgresOptions { ConnectionString = connectionString, PipelineId = pipeline, PublishSchema = schema };
        await using var database = PostgresDataSource.Create(options);
        await new Migrator(database, options).MigrateAsync(isDryRun: false, CancellationToken.None);
    }
}
