using Npgsql;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Testing;

[assembly: AssemblyFixture(typeof(SharedServers))]

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>A database for each test, with logins that may do what deploy/roles.sql grants and no more.</summary>
internal static class Databases
{
    private static readonly SemaphoreSlim OneAtATime = new(1);
    private static int last;

    /// <summary>A database in which only the administrator may make anything; the server's roles and logins, if they are not there yet.</summary>
    /// <returns>The administrator's connection string to it.</returns>
    public static async Task<string> CreateAsync(string postgres)
    {
        string name = $"test{Interlocked.Increment(ref last)}", administrator = new NpgsqlConnectionStringBuilder(postgres) { Database = name }.ConnectionString;
        string roles = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "roles.sql"));
        await OneAtATime.WaitAsync();
        try
        {
            await ExecuteAsync(postgres, $"CREATE DATABASE {name}");
            await ExecuteAsync(
                administrator,
                $"""
                REVOKE ALL ON DATABASE {name} FROM PUBLIC;
                {roles}
                DO $$
                BEGIN
                  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'test_service') THEN
                    CREATE ROLE test_migrator LOGIN PASSWORD 'm' IN ROLE streamagg_migrator;
                    CREATE ROLE test_service LOGIN PASSWORD 's' IN ROLE streamagg_service;
                    CREATE ROLE test_reader LOGIN PASSWORD 'r' IN ROLE streamagg_reader;
                  END IF;
                END
                $$
                """);
        }
        finally
        {
            OneAtATime.Release();
        }

        return administrator;
    }

    /// <summary>The same database for one of the logins: test_migrator m, test_service s, test_reader r.</summary>
    public static string As(string administrator, string user, string password) =>
        new NpgsqlConnectionStringBuilder(administrator) { Username = user, Password = password }.ConnectionString;

    public static async Task MigrateAsync(string connectionString, string pipeline, string schema)
    {
        var options = new PostgresOptions { ConnectionString = connectionString, PipelineId = pipeline, PublishSchema = schema };
        await using var database = PostgresDataSource.Create(options);
        await new Migrator(database, options).MigrateAsync(isDryRun: false, CancellationToken.None);
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
