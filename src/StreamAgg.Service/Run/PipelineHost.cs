using System.Security.Cryptography;
using Npgsql;
using StreamAgg.Core.Rollups;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Running;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Resilience;
using StreamAgg.Postgres.Store;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Run;

/// <summary>A pipeline with everything that it stands on, put together from settings: what <c>run</c> and <c>demo</c> share.</summary>
internal sealed class PipelineHost : IAsyncDisposable
{
    private const int MaxOwnerLength = 180;

    private readonly KafkaDeadLetterSink deadLetters;
    private readonly KafkaGroup group;
    private readonly StreamAggMetrics metrics;

    /// <param name="database">Its schema fits. Not disposed here.</param>
    /// <param name="reading">For those who only look; what they take of it the pipeline does not miss. Not disposed here.</param>
    /// <param name="clock">Intervals, not the time of hours: that is the store's.</param>
    /// <param name="decorate">Given the store; returns the one that the pipeline shall have.</param>
    /// <param name="clockSpeed">Of the store's clock.</param>
    /// <exception cref="Pipeline.Log.LogFatalException">The Kafka client refuses its settings.</exception>
    public PipelineHost(
        Settings settings, NpgsqlDataSource database, NpgsqlDataSource reading, ILoggerFactory loggers, TimeProvider clock,
        Func<IAggregateStore, IAggregateStore> decorate, double clockSpeed = 1)
    {
        var kafka = settings.Kafka;
        string pipeline = settings.Pipeline.Id, schema = settings.Postgres.PublishSchema;
        metrics = new StreamAggMetrics(kafka.GroupId, settings.Pipeline.MaxPlatforms, clock);
        Metadata = new KafkaMetadata(kafka, loggers.CreateLogger<KafkaMetadata>());
        group = new KafkaGroup(kafka, loggers.CreateLogger<KafkaGroup>());
        deadLetters = new KafkaDeadLetterSink(kafka, loggers.CreateLogger<KafkaDeadLetterSink>(), clock);
        Queries = new AggregateQueries(database, pipeline, schema);
        var backoff = new Backoff(() => RandomNumberGenerator.GetInt32(1 << 24) / (double)(1 << 24));
        IReadOnlyList<Rollup> rollups = settings.Pipeline.Rollups;
        Store = decorate(new ResilientStore(new PostgresStore(database, pipeline, schema, rollups), backoff, clock, _ => metrics.StoreRetried()));
        Reports = ReportsOver(Queries, Store);
        Served = ReportsOver(new AggregateQueries(reading, pipeline, schema), decorate(new PostgresStore(reading, pipeline, schema, rollups)));
        PipelineReports ReportsOver(AggregateQueries queries, IAggregateStore store) => new(
            queries, store, Metadata, settings.Topics, group.AssignedAsync)
        {
            Vitals = metrics.Vitals,
            Rollups = settings.Pipeline.Rollups,
            ClockSpeed = clockSpeed,
            Tell = status => metrics.Stands(status.Gaps.Count, status.RowsKept, status.DirtyHours),
        };

        var services = new MemberServices
        {
            Options = settings.Pipeline,
            Topics = settings.Topics,
            Owner = Owner(),
            Metadata = Metadata,
            Store = Store,
            Retention = new PostgresRetention(database, pipeline, settings.Pipeline.Rollups),
            DeadLetters = deadLetters,
            Metrics = metrics,
            Logger = loggers.CreateLogger<PipelineRunner>(),
            Time = clock,
            Backoff = backoff,
        };
        Runner = new PipelineRunner(
            services, member => new StaticMemberLog(kafka, loggers.CreateLogger<KafkaEventLog>(), member, settings.Pipeline.Consumers, clock));
    }

    public KafkaMetadata Metadata { get; }

    public IAggregateStore Store { get; }

    public AggregateQueries Queries { get; }

    /// <summary>For the process itself.</summary>
    public IReports Reports { get; }

    /// <summary>For whoever asks by HTTP.</summary>
    public IReports Served { get; }

    public PipelineRunner Runner { get; }

    /// <summary>What the process knows of itself.</summary>
    public Func<PipelineVitals> Vitals => metrics.Vitals;

    public ValueTask DisposeAsync()
    {
        deadLetters.Dispose();
        group.Dispose();
        Metadata.Dispose();
        metrics.Dispose();
        return default;
    }

    /// <summary>Host and process: who it is, for a person who looks for it.</summary>
    private static string Owner()
    {
        string owner = $"{Environment.MachineName}/{Environment.ProcessId}";
        return owner.Length <= MaxOwnerLength ? owner : owner[^MaxOwnerLength..];
    }
}
