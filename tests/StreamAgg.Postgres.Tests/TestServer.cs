using System.Globalization;
using Npgsql;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Tests;
using StreamAgg.Testing.Postgres;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace StreamAgg.Postgres.Tests;

/// <summary>One real server for all tests of this assembly, with the roles of deploy/roles.sql and a login for two of them.</summary>
public sealed class TestServer : IAsyncLifetime
{
    private string administrator = "";
    private int databases;

    public async ValueTask InitializeAsync()
    {
        administrator = await TestPostgres.SharedAsync();
        // The roles are the server's, not a database's: two tests that made them at once would meet.
        await ExecuteAsync(
            administrator,
            $"""
            {MigrationScript.Roles}
            CREATE ROLE test_migrator LOGIN PASSWORD 'm' IN ROLE streamagg_migrator;
            CREATE ROLE test_service LOGIN PASSWORD 's' IN ROLE streamagg_service;
            CREATE ROLE test_reader LOGIN PASSWORD 'r' IN ROLE streamagg_reader;
            """);
    }

    public ValueTask DisposeAsync() => TestPostgres.EndAsync();

    /// <summary>An empty database of the test's own, as its administrator.</summary>
    public async Task<PostgresOptions> CreateDatabaseAsync()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref databases)}");
        await ExecuteAsync(administrator, $"CREATE DATABASE {name}");
        return new PostgresOptions { ConnectionString = new NpgsqlConnectionStringBuilder(administrator) { Database = name }.ConnectionString };
    }

    /// <summary>A database of the test's own, migrated by the migrator's role, with a store of the service's: neither may make anything in the database itself.</summary>
    public async Task<TestDatabase> CreateMigratedAsync()
    {
        string owner = (await CreateDatabaseAsync()).ConnectionString, name = new NpgsqlConnectionStringBuilder(owner).Database!;
        await ExecuteAsync(owner, $"REVOKE ALL ON DATABASE {name} FROM PUBLIC; {MigrationScript.Roles}");
        PostgresOptions migrating = As(owner, "test_migrator", "m");
        await using (NpgsqlDataSource source = PostgresDataSource.Create(migrating))
            await new Migrator(source, migrating).MigrateAsync(isDryRun: false, CancellationToken.None);
        return new TestDatabase(As(owner, "test_service", "s"), owner);
    }

    /// <summary>The same database for one of the logins: test_migrator m, test_service s, test_reader r.</summary>
    internal static PostgresOptions As(string connectionString, string user, string password) =>
        new() { ConnectionString = new NpgsqlConnectionStringBuilder(connectionString) { Username = user, Password = password }.ConnectionString };

    internal static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
