using Npgsql;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Store;
using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Recounts;

/// <summary>What the verbs that recount stand on: connections of their own, closed with it.</summary>
internal sealed class OpenRecount : IAsyncDisposable
{
    private readonly ILoggerFactory loggers = LoggerFactory.Create(_ => { });

    private OpenRecount(Settings settings)
    {
        Settings = settings;
        Database = PostgresDataSource.Create(settings.Postgres);
        Metadata = new KafkaMetadata(settings.Kafka);
        Store = new PostgresRecountStore(Database, settings.Pipeline.Id, settings.Postgres.PublishSchema);
        Verify = new VerifyQuery(Database, settings.Pipeline.Id, settings.Postgres.PublishSchema);
    }

    public Settings Settings { get; }

    public NpgsqlDataSource Database { get; }

    public KafkaMetadata Metadata { get; }

    public PostgresRecountStore Store { get; }

    public VerifyQuery Verify { get; }

    /// <summary>Takes the Kafka client's lines: what matters of them is in what is thrown.</summary>
    public ILogger Lines => loggers.CreateLogger("Kafka");

    /// <exception cref="SchemaMismatchException">The schema is not this version's.</exception>
    public static async Task<OpenRecount> OpenAsync(Settings settings, CancellationToken cancellation)
    {
        var open = new OpenRecount(settings);
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
        loggers.Dispose();
    }
}
