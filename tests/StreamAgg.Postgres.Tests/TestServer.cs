using System.Globalization;
using Npgsql;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Tests;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace StreamAgg.Postgres.Tests;

/// <summary>One real server for all tests of this assembly, with the roles of deploy/roles.sql and a login for two of them.</summary>
public sealed class TestServer : IAsyncLifetime
{
    private int databases;

    public EmbeddedPostgres Postgres { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // More than a hundred databases are removed at its end, which takes a busy disk its time.
        Postgres = await EmbeddedPostgres.CreateAsync(new EmbeddedPostgresOptions { Patience = TimeSpan.FromMinutes(5) });
        // The roles are the server's, not a database's: two tests that made them at once would meet.
        await ExecuteAsync(
            Postgres.ConnectionString(),
            $"""
            {MigrationScript.Roles}
            CREATE ROLE test_migrator LOGIN PASSWORD 'm' IN ROLE streamagg_migrator;
            CREATE ROLE test_service LOGIN PASSWORD 's' IN ROLE streamagg_service;
            CREATE ROLE test_reader LOGIN PASSWORD 'r' IN ROLE streamagg_reader;
            """);
    }

    public ValueTask DisposeAsync() => Postgres.DisposeAsync();

    /// <summary>An empty database of the test's own, as its administrator.</summary>
    public async Task<PostgresOptions> CreateDatabaseAsync()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref databases)}");
        await ExecuteAsync(Postgres.ConnectionString(), $"CREATE DATABASE {name}");
        return new PostgresOptions { ConnectionString = Postgres.ConnectionString(name) };
    }

    /// <summary>A database of the test's own, migrated by the migrator's role, with a store of the service's: neither may make anything in the database itself.</summary>
    public async Task<TestDatabase> CreateMigratedAsync()
    {
        string administrator = (await CreateDatabaseAsync()).ConnectionString, name = new NpgsqlConnectionStringBuilder(administrator).Database!;
        await ExecuteAsync(administrator, $"REVOKE ALL ON DATABASE {name} FROM PUBLIC; {MigrationScript.Roles}");
        PostgresOptions migrating = As(administrator, "test_migrator", "m");
        await using (NpgsqlDataSource source = PostgresDataSource.Create(migrating))
            await new Migrator(source, migrating).MigrateAsync(isDryRun: false, CancellationToken.None);
        return new TestDatabase(As(administrator, "test_service", "s"), administrator);
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
