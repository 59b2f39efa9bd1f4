using Npgsql;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Postgres.Tests;

/// <summary>A database, the store over it, and a way to look at it past the store.</summary>
/// <param name="options">The store's.</param>
/// <param name="administrator">Who looks past the store; null: the same login.</param>
public sealed class TestDatabase(PostgresOptions options, string? administrator = null) : IAsyncDisposable
{
    private readonly NpgsqlDataSource pool = PostgresDataSource.Create(options);

    public PostgresOptions Options { get; } = options;

    /// <summary>The administrator's.</summary>
    public NpgsqlDataSource Source { get; } = PostgresDataSource.Create(new PostgresOptions { ConnectionString = administrator ?? options.ConnectionString });

    public PostgresStore Store => new(pool, Options.PipelineId, Options.PublishSchema);

    public async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Rows as text, columns separated by a bar.</summary>
    public async Task<string[]> RowsAsync(string sql)
    {
        await using NpgsqlCommand command = Source.CreateCommand(sql);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))));
        return [.. rows];
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using NpgsqlCommand command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await pool.DisposeAsync();
        await Source.DisposeAsync();
    }
}
