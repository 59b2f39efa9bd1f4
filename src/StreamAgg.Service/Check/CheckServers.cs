using Npgsql;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Schema;
using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Check;

/// <summary>Whom the preconditions are asked of, and the connections to them. Nothing is connected before the first question.</summary>
internal sealed class CheckServers : IAsyncDisposable
{
    private readonly ILoggerFactory loggers = LoggerFactory.Create(_ => { });

    public CheckServers(Settings settings)
    {
        Database = PostgresDataSource.Create(settings.Postgres);
        Reading = PostgresDataSource.CreateReading(settings.Postgres);
        Migrator = new Migrator(Database, settings.Postgres);
        Queries = new AggregateQueries(Database, settings.Pipeline.Id, settings.Postgres.PublishSchema);
        Metadata = new KafkaMetadata(settings.Kafka);
        Topics = new KafkaTopics(settings.Kafka, Metadata, loggers.CreateLogger<KafkaTopics>());
        Group = new KafkaGroup(settings.Kafka);
        Tail = new TailReader(settings.Kafka, Metadata, loggers.CreateLogger<TailReader>());
    }

    public NpgsqlDataSource Database { get; }

    /// <summary>Where HTTP reads.</summary>
    public NpgsqlDataSource Reading { get; }

    public Migrator Migrator { get; }

    public AggregateQueries Queries { get; }

    public KafkaMetadata Metadata { get; }

    public KafkaTopics Topics { get; }

    public KafkaGroup Group { get; }

    public TailReader Tail { get; }

    public async ValueTask DisposeAsync()
    {
        Group.Dispose();
        Metadata.Dispose();
        await Reading.DisposeAsync();
        await Database.DisposeAsync();
        loggers.Dispose();
    }
}
