using System.CommandLine;
using Spectre.Console;
using StreamAgg.Core.Events;
using StreamAgg.Gateway.Producing;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Generate;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Cli;

/// <summary>Plays a gateway against a real broker.</summary>
internal static class GenerateCommand
{
    public static Command Create(CommandContext context)
    {
        var rate = VerbOptions.OptionalNumber(
            "--rate", $"Events a second of event time. Default: {GenerateRun.DefaultRate}; of a file as fast as it goes.", 0.001, 1_000_000);
        var count = VerbOptions.Count("--count", "Ends after so many events.", 1, long.MaxValue);
        var seconds = VerbOptions.OptionalNumber("--seconds", "Ends after so long. Without any bound: at Ctrl+C.", 0.001, 31_536_000);
        var from = VerbOptions.PastTime(
            "--from", "When generated events begin; past hours are played first, then the present goes on. Default: now.", context.Clock);
        var speed = VerbOptions.Number("--speed", "Event time per wall time until the present is reached.", GenerateRun.DefaultSpeed, 1, 1_000_000);
        var file = new Option<string>("--file")
        {
            Description = "Sends the lines of this file, one event each, instead of generated ones.",
            HelpName = "events.ndjson",
        };
        var topic = new Option<string>("--topic")
        {
            Description = "Where the file's lines go. Default: those with a field that only errors have (status_code, error_type, error_message, is_timeout) to error, the others to usage; all to request where there is no topic for each.",
            HelpName = "usage|error|request",
        };
        topic.AcceptOnlyFromAmong([.. EventKinds.All.Select(kind => kind.Name)]);
        var seed = VerbOptions.Seed();
        var json = VerbOptions.Json();
        var command = new Command("generate", "Plays a gateway against a real broker.")
        {
            rate, from, speed, count, seconds, file, topic, seed, json,
        };
        command.Validators.Add(result =>
        {
            // By its tokens: the value of an option whose argument is missing can't be asked for.
            if (result.GetResult(file) is { Tokens: [{ Value: var path }] } && !File.Exists(path))
                result.AddError($"--file '{path}': there is no such file.");
            if (result.GetResult(from) is { Implicit: false } && result.GetResult(file) is not null)
                result.AddError("--from says when generated events begin; the lines of --file have their own times: give one of the two.");
            if (result.GetResult(topic) is not null && result.GetResult(file) is null)
                result.AddError("--topic says where the lines of --file go: give both, or neither.");
        });
        command.SetAction(async (parsed, stop) =>
        {
            var settings = context.Configure();
            var options = new GenerateOptions(
                parsed.GetValue(rate), parsed.GetValue(from), parsed.GetValue(speed), parsed.GetValue(count),
                parsed.GetValue(seconds) is { } length ? TimeSpan.FromSeconds(length) : null,
                parsed.GetValue(file), KindOf(parsed.GetValue(topic), settings),
                (ulong)(parsed.GetValue(seed) ?? 1));
            await RequireTopicsAsync(settings, stop);
            long startedAt = context.Clock.GetTimestamp();
            await using var producer = new GatewayProducer(ProducerOptions(settings));
            var run = new GenerateRun(options, settings.Topics, producer, context.Clock);
            await WatchAsync(context.Terminal, options, parsed.GetValue(json), run, stop);
            double elapsed = context.Clock.GetElapsedTime(startedAt).TotalSeconds;
            if (parsed.GetValue(json))
                JsonText.Print(context.Terminal.Output, writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("produced", run.SentCount);
                    writer.WriteNumber("seconds", Math.Round(elapsed, 3));
                    writer.WriteEndObject();
                });
            else
                await context.Terminal.Output.WriteLineAsync($"{run.SentCount} events sent to {settings.Kafka.BootstrapServers} in {elapsed:0.0} s");
            return ExitCode.Done;
        });
        return command;
    }

    /// <returns>Null where the two kinds go to a topic each.</returns>
    private static EventKind? KindOf(string? topic, Settings settings)
    {
        PipelineTopics topics = settings.Topics;
        EventKind? kind = EventKinds.Named(topic);
        if (kind is null && (topics[EventKind.Usage].Length == 0 || topics[EventKind.Error].Length == 0))
            kind = EventKind.Request;
        return kind is not { } only || topics[only].Length > 0
            ? kind
            : throw CommandFaultException.Usage(
                [$"StreamAgg:Kafka:{only.Names().Topic} is empty: {(topic is null ? "there is no topic for both kinds, nor one each" : "--topic names it")}."]);
    }

    private static async Task WatchAsync(Terminal terminal, GenerateOptions options, bool isJson, GenerateRun run, CancellationToken stop)
    {
        if (options.File is not { } path || !terminal.IsWatched || isJson)
        {
            await run.RunAsync(_ => { }, stop);
            return;
        }

        await terminal.Canvas.Progress().StartAsync(async progress =>
        {
            var task = progress.AddTask(Markup.Escape(Path.GetFileName(path)), maxValue: Math.Max(1, new FileInfo(path).Length));
            await run.RunAsync(bytes => task.Value = bytes, stop);
        });
    }

    /// <summary>A topic that is missing would be noticed only after the producer's patience.</summary>
    private static async Task RequireTopicsAsync(Settings settings, CancellationToken stop)
    {
        using var loggers = LoggerFactory.Create(_ => { });
        using var metadata = new KafkaMetadata(settings.Kafka);
        if (settings.Kafka.CreateTopics)
        {
            await new KafkaTopics(settings.Kafka, metadata, loggers.CreateLogger<KafkaTopics>()).EnsureAsync(stop);
            return;
        }

        var known = await metadata.DescribeAsync(settings.Topics.All, stop);
        if (settings.Topics.All.Where(topic => !known.ContainsKey(topic)).ToList() is { Count: > 0 } missing)
            throw new LogFatalException(
                $"Topic {string.Join(" and ", missing)} does not exist on {settings.Kafka.BootstrapServers}: create it, correct {PipelineTopics.Keys}, "
                + "or set StreamAgg:Kafka:CreateTopics=true for development.");
    }

    private static GatewayProducerOptions ProducerOptions(Settings settings)
    {
        var options = new GatewayProducerOptions
        {
            BootstrapServers = settings.Kafka.BootstrapServers,
            UsageTopic = settings.Kafka.UsageTopic,
            ErrorTopic = settings.Kafka.ErrorTopic,
            RequestTopic = settings.Kafka.RequestTopic,
        };
        foreach (var (name, value) in settings.Kafka.Client)
            options.Client[name] = value;
        return options;
    }
}
