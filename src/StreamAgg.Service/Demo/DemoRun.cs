using OpenTelemetry.Metrics;
using StreamAgg.Embedded.Kafka;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Gateway.Producing;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Generate;
using StreamAgg.Service.Http;
using StreamAgg.Service.Run;
using StreamAgg.Service.Telemetry;
using StreamAgg.Traffic.Generating;
using StreamAgg.Traffic.Recount;

namespace StreamAgg.Service.Demo;

/// <summary>Sets the stage of a demonstration, plays it, and takes it down again.</summary>
internal sealed class DemoRun(Settings given, DemoOptions options, IDemoView view, ILoggerFactory loggers, TimeProvider wall)
{
    private const int PartitionsPerTopic = 4;

    public async Task<DemoOutcome> RunAsync(CancellationToken stop)
    {
        await using var server = await EmbeddedPostgres.CreateAsync();
        using var broker = new EmbeddedBroker();
        var settings = DemoSettings.Of(given, server.ConnectionString(), broker.BootstrapServers);
        foreach (string topic in settings.Topics.All)
            broker.CreateTopic(topic, PartitionsPerTopic);
        broker.CreateTopic(settings.Kafka.DeadLetterTopic, 1);

        await using var database = PostgresDataSource.Create(settings.Postgres, loggers);
        await using var reading = PostgresDataSource.CreateReading(settings.Postgres, loggers);
        var migrator = new Migrator(database, settings.Postgres);
        await migrator.MigrateAsync(isDryRun: false, stop);
        await migrator.RegisterPipelineAsync(stop);

        var clock = new VirtualClock(wall, DemoOptions.Start, options.Speed);
        await using var host = new PipelineHost(
            settings, database, reading, loggers, wall, store => new VirtualTimeStore(store, clock), options.Speed);
        using var metrics = TelemetryExport.StartScraped(settings.Pipeline.MaxPlatforms);
        await using var http = await ServeAsync(host, metrics, stop);
        view.Started(http.Url, options);
        var outcome = await PlayAsync(settings, host, clock, stop);
        view.Ended(outcome);
        return outcome;
    }

    private async Task<DemoOutcome> PlayAsync(Settings settings, PipelineHost host, VirtualClock clock, CancellationToken stop)
    {
        await using var producer = new GatewayProducer(new GatewayProducerOptions
        {
            BootstrapServers = settings.Kafka.BootstrapServers,
            UsageTopic = settings.Kafka.UsageTopic,
            ErrorTopic = settings.Kafka.ErrorTopic,
        });
        var tally = new TrafficTally();
        var generator = new TrafficGenerator(new TrafficOptions
        {
            Start = DemoOptions.Start,
            Seed = options.Seed,
            EventsPerSecond = options.EventsPerSecond / options.Speed,
            // What happens is told at the start: nothing else may look like it.
            ErrorBurstsPerDay = 0,
            Incidents = Incident.Story,
        });
        var traffic = new DemoTraffic(generator, tally, producer, settings.Topics, clock, host.Reports, wall);
        using var ending = new CancellationTokenSource();
        using var abort = new CancellationTokenSource();
        var pipeline = RunPipelineAsync(host, ending.Token, abort);
        var play = new DemoPlay(settings, options, host, clock, traffic, tally, loggers, wall);
        try
        {
            var work = play.RunAsync(stop, abort.Token);
            await view.WatchAsync(() => play.LookAsync(abort.Token), work);
            return await work;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested && pipeline.IsFaulted)
        {
            // The pipeline ended by itself: its own fault is what there is to say.
            await pipeline;
            throw;
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAny(pipeline);
        }
    }

    private static async Task RunPipelineAsync(PipelineHost host, CancellationToken stop, CancellationTokenSource abort)
    {
        try
        {
            await host.Runner.RunAsync(stop);
        }
        finally
        {
            if (!stop.IsCancellationRequested)
                await abort.CancelAsync();
        }
    }

    /// <summary>Where the port of the setting is taken, any free one: nobody depends on a demonstration's.</summary>
    private async Task<HttpServer> ServeAsync(PipelineHost host, MeterProvider metrics, CancellationToken stop)
    {
        var stage = new Stage();
        stage.Open(host.Served, () => host.Runner.IsLive, () => host.Runner.IsReady);
        try
        {
            return await HttpServer.StartAsync(given.HttpUrl, stage, loggers, stop, access: given.HttpAccess, metrics: metrics);
        }
        catch (CommandFaultException)
        {
            return await HttpServer.StartAsync(
                new Uri($"{given.HttpUrl.Scheme}://127.0.0.1:0"), stage, loggers, stop, access: given.HttpAccess, metrics: metrics);
        }
    }
}
