using Npgsql;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Reports;

/// <summary>What a verb beside the service stands on: connections of its own, closed with it.</summary>
internal sealed class OpenServers : IAsyncDisposable
{
    private OpenServers(Settings settings)
    {
        Settings = settings;
        Database = PostgresDataSource.Create(settings.Postgres);
        Metadata = new KafkaMetadata(settings.Kafka);
    }

    public Settings Settings { get; }

    public NpgsqlDataSource Database { get; }

    public KafkaMetadata Metadata { get; }

    /// <summary>Takes the Kafka client's lines: what matters of them is in what is thrown.</summary>
    public ILoggerFactory Silence { get; } = LoggerFactory.Create(_ => { });

    /// <summary>Connects to PostgreSQL, and makes sure that there is something to work on. Kafka is asked when it is needed.</summary>
    /// <exception cref="SchemaMismatchException">The schema is not this version's.</exception>
    public static async Task<OpenServers> OpenAsync(Settings settings, CancellationToken cancellation)
    {
        var open = new OpenServers(settings);
        try
        {
            var check = await new Migrator(open.Database, settings.Postgres).CheckSchemaAsync(cancellation);
            return check.Diagnosis is { } diagnosis ? throw new SchemaMismatchException(diagnosis) : open;
        }
        catch
        {
            await open.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Metadata.Dispose();
        await Database.DisposeAsync();
        Silence.Dispose();
    }
}
