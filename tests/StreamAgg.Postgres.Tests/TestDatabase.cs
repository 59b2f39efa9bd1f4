using Npgsql;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Postgres.Tests;

/// <summary>A database, the store over it, and a way to look at it past the store.</summary>
public sealed class TestDatabase(PostgresOptions options) : IAsyncDisposable
{
    public PostgresOptions Options { get; } = options;

    public NpgsqlDataSource Source { get; } = PostgresDataSource.Create(options);

    public PostgresStore Store => new(Source, Options.PipelineId, Options.PublishSchema);

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

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
