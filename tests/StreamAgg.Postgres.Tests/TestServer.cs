using System.Globalization;
using Npgsql;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Tests;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace StreamAgg.Postgres.Tests;

/// <summary>One real server for all tests of this assembly.</summary>
public sealed class TestServer : IAsyncLifetime
{
    private int databases;

    public EmbeddedPostgres Postgres { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Postgres = await EmbeddedPostgres.CreateAsync();

    public ValueTask DisposeAsync() => Postgres.DisposeAsync();

    /// <summary>An empty database of the test's own.</summary>
    public async Task<PostgresOptions> CreateDatabaseAsync()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref databases)}");
        await using var administrator = NpgsqlDataSource.Create(Postgres.ConnectionString());
        await using NpgsqlCommand create = administrator.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync();
        return new PostgresOptions { ConnectionString = Postgres.ConnectionString(name) };
    }

    /// <summary>A migrated database of the test's own.</summary>
    public async Task<TestDatabase> CreateMigratedAsync()
    {
        var database = new TestDatabase(await CreateDatabaseAsync());
        await new Migrator(database.Source, database.Options).MigrateAsync(isDryRun: false, CancellationToken.None);
        return database;
    }
}
