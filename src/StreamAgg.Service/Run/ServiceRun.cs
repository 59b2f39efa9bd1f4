using StreamAgg.Kafka.Metadata;
using StreamAgg.Pipeline.Log;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Http;
using StreamAgg.Service.Output;
using StreamAgg.Service.Telemetry;

namespace StreamAgg.Service.Run;

/// <summary>The service, from its first line to its last: PostgreSQL, then topics, then the pipeline and HTTP, until it is told to stop.</summary>
internal sealed class ServiceRun(Settings settings, ILoggerFactory loggers, TimeProvider clock)
{
    private readonly ILogger logger = loggers.CreateLogger<ServiceRun>();

    public async Task RunAsync(CancellationToken stop)
    {
        logger.Starting(ProductVersion.Text, settings.Pipeline.Id, settings.Kafka.GroupId, settings.Kafka.BootstrapServers,
            settings.Postgres.PublishSchema);
        if (Allocator.InUse is { } library)
            logger.AllocatesBy(library);
        if (settings.Pipeline.Compression < 100)
            logger.CompressionIsLow(settings.Pipeline.Compression);
        try
        {
            await RunPartsAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop while it was still starting: there is nothing to finish.
        }

        logger.Stopped();
    }

    private async Task RunPartsAsync(CancellationToken stop)
    {
        using var telemetry = TelemetryExport.Start(settings.Pipeline.MaxPlatforms, logger);
        using var metrics = TelemetryExport.StartScraped(settings.Pipeline.MaxPlatforms);
        // Before anything is waited for: probes and people are answered from the first second to the last.
        var stage = new Stage();
        await using var http = await HttpServer.StartAsync(settings.HttpUrl, stage, loggers, stop, access: settings.HttpAccess, metrics: metrics);
        logger.Serving(http.Url);
        if (settings.IsHttpOpen)
            logger.HttpIsOpen(http.Url);

        await using var database = PostgresDataSource.Create(settings.Postgres, loggers);
        await using var reading = PostgresDataSource.CreateReading(settings.Postgres, loggers);
        stage.Await("PostgreSQL has not answered yet");
        var wait = new ServerWait(clock, logger, stage.Await);
        await new SchemaStart(new Migrator(database, settings.Postgres), wait, logger).CheckAsync(settings.Postgres.MigrateOnStart, stop);

        await using var host = new PipelineHost(settings, database, reading, loggers, clock, store => store);
        stage.Await($"Kafka at {settings.Kafka.BootstrapServers} has not told of the topics yet");
        await EnsureTopicsAsync(host.Metadata, stop);
        await wait.AskAsync("PostgreSQL", SchemaStart.Remedy, async token =>
        {
            await new StartLog(settings, host, logger).SayAsync(token);
            return true;
        }, stop);

        stage.Open(host.Served, () => host.Runner.IsLive, () => host.Runner.IsReady);
        using var closed = stop.Register(stage.Close);
        using var said = stop.Register(() => logger.Stopping());
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var minutes = new MinuteLog(host.Reports, host.Vitals, clock, logger).RunAsync(ending.Token);
        try
        {
            await host.Runner.RunAsync(stop);
        }
        finally
        {
            stage.Close();
            await ending.CancelAsync();
            await minutes;
            // Before the host takes its instruments along: a service that ends soon after each start is told of, too.
            telemetry.Dispose();
        }
    }

    private async Task EnsureTopicsAsync(KafkaMetadata metadata, CancellationToken stop)
    {
        try
        {
            await new KafkaTopics(settings.Kafka, metadata, loggers.CreateLogger<KafkaTopics>(), clock).EnsureAsync(stop);
        }
        catch (LogUnavailableException silent) when (!silent.IsLoginRefused)
        {
            string why = silent.Cause is { } cause ? OneLine.Sentence(cause) : OneLine.Of(silent);
            throw CommandFaultException.Dependency(
                $"Kafka at {settings.Kafka.BootstrapServers} did not answer for {KafkaTopics.WaitTimeout.TotalSeconds:0} s: {why} {FaultText.RemedyOf(silent)}", silent);
        }
    }
}
