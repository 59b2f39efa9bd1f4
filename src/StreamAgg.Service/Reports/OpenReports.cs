using StreamAgg.Kafka.Metadata;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Store;
using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Reports;

/// <summary>The reports of a verb that only looks.</summary>
internal sealed class OpenReports : IAsyncDisposable
{
    private readonly OpenServers servers;
    private readonly KafkaGroup group;

    private OpenReports(OpenServers servers)
    {
        this.servers = servers;
        var settings = servers.Settings;
        group = new KafkaGroup(settings.Kafka);
        Reports = new PipelineReports(
            new AggregateQueries(servers.Database, settings.Pipeline.Id, settings.Postgres.PublishSchema),
            new PostgresStore(servers.Database, settings.Pipeline.Id, settings.Postgres.PublishSchema),
            servers.Metadata, settings.Topics, group.AssignedAsync)
        {
            Rollups = settings.Pipeline.Rollups,
        };
    }

    public IReports Reports { get; }

    /// <exception cref="SchemaMismatchException">The schema is not this version's.</exception>
    public static async Task<OpenReports> OpenAsync(Settings settings, CancellationToken cancellation) =>
        new(await OpenServers.OpenAsync(settings, cancellation));

    public async ValueTask DisposeAsync()
    {
        group.Dispose();
        await servers.DisposeAsync();
    }
}
