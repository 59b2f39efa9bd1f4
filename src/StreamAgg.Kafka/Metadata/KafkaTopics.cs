using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;

namespace StreamAgg.Kafka.Metadata;

/// <summary>What must be there before reading begins: the input topics and the dead letters' one.</summary>
public sealed class KafkaTopics(KafkaOptions options, ILogMetadata metadata, ILogger<KafkaTopics> logger, TimeProvider? time = null)
{
    /// <summary>Enough for a topic that is being made by somebody else, and for a broker that is just starting.</summary>
    public static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private const int DevelopmentPartitions = 6;
    private const int DeadLetterPartitions = 1;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private readonly TimeProvider time = time ?? TimeProvider.System;

    /// <summary>Waits for the input topics up to <see cref="WaitTimeout"/>, or creates them where it may; creates the dead letters'.</summary>
    /// <exception cref="LogFatalException">A topic is missing or can't be created: the message names the command that creates it.</exception>
    /// <exception cref="LogUnavailableException">
    /// No broker answered within <see cref="WaitTimeout"/>, one refused the login, or none tells of a topic that long after it was created.
    /// </exception>
    public async Task EnsureAsync(CancellationToken cancellation)
    {
        string[] inputs = [.. options.Topics.All];
        long started = time.GetTimestamp();
        IReadOnlyCollection<string> missing = await MissingAsync(inputs, started, cancellation);
        if (missing.Count > 0 && options.CreateTopics)
        {
            foreach (string topic in missing)
                await CreateAsync(topic, DevelopmentPartitions, cancellation);

            await UntilToldAsync(inputs, cancellation);
        }
        else if (missing.Count > 0)
        {
            logger.WaitingForTopics(WaitTimeout.TotalSeconds, string.Join(", ", missing));
            while (missing.Count > 0)
            {
                if (time.GetElapsedTime(started) >= WaitTimeout)
                {
                    throw new LogFatalException(Missing(missing));
                }

                await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancellation);
                missing = await MissingAsync(inputs, started, cancellation);
            }
        }

        if (await IsDeadLetterTopicMissingAsync(started, cancellation))
        {
            await CreateAsync(options.DeadLetterTopic, DeadLetterPartitions, cancellation);
            await UntilToldAsync([options.DeadLetterTopic], cancellation);
        }
    }

    /// <summary>What a start would meet at one of its topics. Nothing is waited for, nothing created.</summary>
    /// <returns>Null where the topic is missing and a start would create it.</returns>
    /// <exception cref="LogFatalException">It is missing, or can't be created, or the brokers refuse it: as <see cref="EnsureAsync"/> says
    /// it.</exception>
    /// <exception cref="LogUnavailableException">No answer.</exception>
    public async Task<TopicDetails?> CheckAsync(string topic, CancellationToken cancellation)
    {
        bool isInput = topic != options.DeadLetterTopic;
        try
        {
            if ((await metadata.DescribeAsync([topic], cancellation)).TryGetValue(topic, out TopicDetails? details))
                return details;
        }
        catch (LogFatalException e)
        {
            Diagnosis lacking = RefusedRight.Lacking(options, isInput ? "READ" : "WRITE", "topic", topic);
            throw new LogFatalException(isInput ? lacking : lacking with { Remedy = $"{lacking.Remedy} {CreateDeadLetters}" }, e);
        }

        if (isInput && !options.CreateTopics)
            throw new LogFatalException(Missing([topic]));

        await CreateAsync(topic, isInput ? DevelopmentPartitions : DeadLetterPartitions, cancellation, isTrial: true);
        return null;
    }

    private string CreateDeadLetters =>
        $"If it does not exist, create it: {new KafkaTopicCommand(options.BootstrapServers, options.DeadLetterTopic, DeadLetterPartitions)}";

    private Diagnosis Missing(IReadOnlyCollection<string> topics) => new(
        $"{(topics.Count == 1 ? "Topic" : "Topics")} {string.Join(" and ", topics)} {(topics.Count == 1 ? "does" : "do")} not exist on {options.BootstrapServers}.",
        $"Create {(topics.Count == 1 ? "it" : "them")}: "
        + $"{string.Join("; ", topics.Select(topic => $"{new KafkaTopicCommand(options.BootstrapServers, topic, DevelopmentPartitions)}"))}. "
        + $"Or correct {PipelineTopics.Keys}, or set StreamAgg:Kafka:CreateTopics=true for development.");

    /// <summary>To whom the brokers refuse the topic they do not say whether it is there: he is told both ways out.</summary>
    private async Task<bool> IsDeadLetterTopicMissingAsync(long started, CancellationToken cancellation)
    {
        try
        {
            return (await MissingAsync([options.DeadLetterTopic], started, cancellation)).Count > 0;
        }
        catch (LogFatalException e)
        {
            throw new LogFatalException($"{e.Message} {CreateDeadLetters}", e);
        }
    }

    /// <summary>The controller has made them, and the broker that is asked next may not have heard of it yet.</summary>
    private async Task UntilToldAsync(string[] topics, CancellationToken cancellation)
    {
        long started = time.GetTimestamp();
        while (await MissingAsync(topics, started, cancellation) is { Count: > 0 } missing)
        {
            if (time.GetElapsedTime(started) >= WaitTimeout)
            {
                throw new LogUnavailableException(
                    $"Kafka at {options.BootstrapServers} has created {string.Join(" and ", missing)} and does not tell of it {WaitTimeout.TotalSeconds} s later");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellation);
        }
    }

    private async Task<IReadOnlyCollection<string>> MissingAsync(string[] topics, long started, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                IReadOnlyDictionary<string, TopicDetails> known = await metadata.DescribeAsync(topics, cancellation);
                return [.. topics.Where(topic => !known.ContainsKey(topic))];
            }
            catch (LogUnavailableException e) when (!e.IsLoginRefused && time.GetElapsedTime(started) < WaitTimeout)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancellation);
            }
        }
    }

    /// <summary>The brokers' own default decides on replicas. A trial is judged by the brokers as the real thing is, and creates nothing.</summary>
    private async Task CreateAsync(string topic, int partitions, CancellationToken cancellation, bool isTrial = false)
    {
        using IAdminClient admin = AdminClients.Build(options, logger);
        try
        {
            await admin.CreateTopicsAsync(
                [new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = -1 }],
                new CreateTopicsOptions { RequestTimeout = RequestTimeout, OperationTimeout = RequestTimeout, ValidateOnly = isTrial })
                .WaitAsync(RequestTimeout * 2, cancellation);
            if (!isTrial)
                logger.TopicCreated(topic, partitions);
        }
        catch (CreateTopicsException e) when (e.Results.TrueForAll(result => result.Error.Code is ErrorCode.TopicAlreadyExists or ErrorCode.NoError))
        {
            // Another instance was faster.
        }
        catch (Exception e) when (e is KafkaException or TimeoutException)
        {
            bool isRefused = e is CreateTopicsException refused && refused.Results.Exists(result => RefusedRight.IsOne(result.Error.Code));
            string why = isRefused ? $"Kafka refuses CREATE on topic {topic}" : e.Message;
            // The cause's own words, so that nobody puts them behind the command once more.
            throw new LogFatalException(
                new Diagnosis($"Topic {topic} is missing and can't be created ({why}).",
                    $"Create it: {new KafkaTopicCommand(options.BootstrapServers, topic, partitions)}"), e);
        }
    }
}
