using Npgsql;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Store;
using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Reports;

/// <summary>The reports of a verb that only looks: connections of its own, closed with it.</summary>
internal sealed class OpenReports : IAsyncDisposable
{
    private readonly NpgsqlDataSource database;
    private readonly KafkaMetadata metadata;
    private readonly KafkaGroup group;

    private OpenReports(Settings settings)
    {
        database = PostgresDataSource.Create(settings.Postgres);
        metadata = new KafkaMetadata(settings.Kafka);
        group = new KafkaGroup(settings.Kafka);
        Reports = new PipelineReports(
            new AggregateQueries(database, settings.Pipeline.Id, settings.Postgres.PublishSchema),
            new PostgresStore(database, settings.Pipeline.Id, settings.Postgres.PublishSchema),
            metadata, settings.Topics, group.AssignedAsync);
    }

    public IReports Reports { get; }

    /// <summary>Connects, and makes sure that there is something to look at.</summary>
    /// <exception cref="SchemaMismatchException">The schema is not this version's.</exception>
    public static async Task<OpenReports> OpenAsync(Settings settings, CancellationToken cancellation)
    {
        var open = new OpenReports(settings);
        try
        {
            var check = await new Migrator(open.database, settings.Postgres).CheckSchemaAsync(cancellation);
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
        group.Dispose();
        metadata.Dispose();
        await database.DisposeAsync();
    }
}
