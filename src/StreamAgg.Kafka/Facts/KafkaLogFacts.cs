using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Time;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Facts;

/// <summary>Asks the brokers through an administrative client of its own; every call is a request, no answer is kept.</summary>
public sealed class KafkaLogFacts : ILogFacts, IDisposable
{
    /// <summary>What the client adds to a request's own time-out before it gives up; beyond it we do.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>What the client takes at most.</summary>
    private static readonly TimeSpan LongestRequestTimeout = TimeSpan.FromHours(1);

    /// <summary>What the protocol's question for an offset takes in place of a time: the end, and the beginning.</summary>
    private const long Latest = -1;
    private const long Earliest = -2;

    private readonly IAdminClient admin;
    private readonly IConsumer<Ignore, Ignore> asker;
    private readonly TimeSpan timeout;
    private readonly string servers;
    private volatile bool isMetadataDoubted;
    private readonly Lock groupGate = new();
    private (string GroupId, Task<DescribeConsumerGroupsResult> Answer)? groupAsked;

    /// <param name="options">Valid ones.</param>
    /// <param name="logger">Takes the client's own lines.</param>
    /// <param name="timeout">5 s where null: a question that is not answered by then is unanswered.</param>
    /// <exception cref="LogFatalException">The settings can't be used together.</exception>
    public KafkaLogFacts(KafkaOptions options, ILogger<KafkaLogFacts>? logger = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.timeout = timeout ?? TimeSpan.FromSeconds(5);
        servers = options.BootstrapServers;
        admin = AdminClients.Build(options, logger ?? NullLogger<KafkaLogFacts>.Instance);
        asker = AdminClients.BuildAsker(options, logger ?? NullLogger<KafkaLogFacts>.Instance);
    }

    public async Task<IReadOnlyDictionary<string, TopicFacts>> DescribeAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        if (isMetadataDoubted)
        {
            await RefreshMetadataAsync(topics, cancellation);
        }

        List<TopicDescription> descriptions = await AskAsync(
            async () =>
            {
                try
                {
                    DescribeTopicsResult result = await admin.DescribeTopicsAsync(
                        TopicCollection.OfTopicNames(topics), new DescribeTopicsOptions { RequestTimeout = timeout });
                    return result.TopicDescriptions;
                }
                catch (DescribeTopicsException e)
                {
                    // Thrown where one topic failed, the others' answers inside.
                    return e.Results.TopicDescriptions;
                }
            },
            cancellation);
        var facts = new Dictionary<string, TopicFacts>(StringComparer.Ordinal);
        foreach (TopicDescription topic in descriptions)
        {
            switch (topic.Error.Code)
            {
                case ErrorCode.NoError:
                    facts[topic.Name] = new TopicFacts(topic.TopicId.ToString(), topic.Partitions.Count);
                    break;
                case ErrorCode.UnknownTopicOrPart:
                    break;
                default:
                    throw Refused(topic.Error, $"topic {topic.Name}", "DESCRIBE");
            }
        }

        return facts;
    }

    public Task<IReadOnlyDictionary<SourcePartition, long>> EndOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => ListAsync(partitions, Latest, cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, long>> BeginningOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => ListAsync(partitions, Earliest, cancellation);

    public async Task<IReadOnlyDictionary<SourcePartition, long>> OffsetsForTimeAsync(
        IReadOnlyCollection<SourcePartition> partitions, Instant time, CancellationToken cancellation)
    {
        // The end is asked for first: a record that comes between the two questions is then read rather than skipped.
        IReadOnlyDictionary<SourcePartition, long> ends = await EndOffsetsAsync(partitions, cancellation);
        IReadOnlyDictionary<SourcePartition, long> found =
            await ListAsync(partitions, Math.Max(0, time.ToUnixMilliseconds()), cancellation);
        var offsets = new Dictionary<SourcePartition, long>();
        foreach ((SourcePartition source, long offset) in found)
        {
            if (offset >= 0)
            {
                offsets[source] = offset;
            }
            else if (ends.TryGetValue(source, out long end))
            {
                offsets[source] = end;
            }
        }

        return offsets;
    }

    /// <summary>The partitions that the group's members read now. Null where the brokers do not say.</summary>
    public async Task<IReadOnlySet<SourcePartition>?> AssignedAsync(string groupId, CancellationToken cancellation)
    {
        try
        {
            DescribeConsumerGroupsResult result = await DescribeGroupAsync(groupId).WaitAsync(timeout, cancellation);
            return result.ConsumerGroupDescriptions
                .SelectMany(group => group.Members)
                .SelectMany(member => member.Assignment.TopicPartitions)
                .Select(assigned => new SourcePartition(assigned.Topic, assigned.Partition.Value))
                .ToHashSet();
        }
        catch (Exception e) when (e is KafkaException or TimeoutException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        asker.Dispose();
        admin.Dispose();
    }

    /// <summary>Asks the group's coordinator, or joins in waiting for the answer to an earlier question.</summary>
    /// <remarks>
    /// librdkafka (https://github.com/confluentinc/librdkafka/pull/5397) aborts the process when a coordinator comes back after a question to it has
    /// timed out. So the client's own time-out is the longest there is, and what has not been answered is not asked again beside it.
    /// </remarks>
    private Task<DescribeConsumerGroupsResult> DescribeGroupAsync(string groupId)
    {
        lock (groupGate)
        {
            if (groupAsked is { } asked && asked.GroupId == groupId && !asked.Answer.IsCompleted)
            {
                return asked.Answer;
            }

            Task<DescribeConsumerGroupsResult> answer = admin.DescribeConsumerGroupsAsync(
                [groupId], new DescribeConsumerGroupsOptions { RequestTimeout = LongestRequestTimeout });
            groupAsked = (groupId, answer);
            return answer;
        }
    }

    private async Task<IReadOnlyDictionary<SourcePartition, long>> ListAsync(
        IReadOnlyCollection<SourcePartition> partitions, long timestampMilliseconds, CancellationToken cancellation)
    {
        var offsets = new Dictionary<SourcePartition, long>(partitions.Count);
        if (partitions.Count == 0)
        {
            return offsets;
        }

        Dictionary<string, string> names = partitions.Select(partition => partition.Topic).Distinct(StringComparer.Ordinal).ToDictionary(name => name);
        if (isMetadataDoubted)
        {
            await RefreshMetadataAsync(names.Keys, cancellation);
        }

        bool isForTime = timestampMilliseconds >= 0;
        foreach (TopicPartitionOffsetError answer in await AskAsync(() => Task.Run(() => Ask(partitions, timestampMilliseconds), cancellation), cancellation))
        {
            if (!answer.Error.IsError)
            {
                // "Unset" is no answer. "End" answers a question for a time that no record has reached.
                if (answer.Offset.Value < 0 && !(isForTime && answer.Offset == Offset.End))
                {
                    continue;
                }

                offsets[new SourcePartition(names.GetValueOrDefault(answer.Topic, answer.Topic), answer.Partition.Value)] = answer.Offset.Value;
            }
            else if (answer.Error.Code is ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed)
            {
                throw Refused(answer.Error, $"topic {answer.Topic}", "DESCRIBE");
            }
        }

        isMetadataDoubted = offsets.Count < partitions.Count;
        if (offsets.Count == 0)
        {
            throw new LogUnavailableException($"Kafka at {servers} told none of the offsets that were asked for");
        }

        return offsets;
    }

    /// <summary>Asks the partitions' leaders, on a thread that may wait.</summary>
    /// <remarks>
    /// By the consumer's question for times, which takes the end and the beginning too. Where one leader does not answer, none of the
    /// answers counts; nothing is lost by it, for that partition holds every hour open anyway.
    /// </remarks>
    private List<TopicPartitionOffsetError> Ask(IReadOnlyCollection<SourcePartition> partitions, long timestampMilliseconds)
    {
        var time = new Timestamp(timestampMilliseconds, TimestampType.CreateTime);
        try
        {
            return asker.OffsetsForTimes(partitions.Select(partition => new TopicPartitionTimestamp(partition.Topic, partition.Partition, time)), timeout)
                .ConvertAll(answer => new TopicPartitionOffsetError(answer.TopicPartition, answer.Offset, new Error(ErrorCode.NoError)));
        }
        catch (TopicPartitionOffsetException e)
        {
            return e.Results;
        }
    }

    /// <summary>
    /// The client asks the leaders and the controller that it remembers, for up to a quarter of an hour, and does not look for others when
    /// these do not answer or are it no more; while its controller is down it tries to connect to it without a pause, a core for each
    /// question. Asking any broker for the topics' metadata makes it forget, and tells first whether one answers at all.
    /// </summary>
    private Task<bool> RefreshMetadataAsync(IEnumerable<string> topics, CancellationToken cancellation) =>
        AskAsync(
            () => Task.Run(
                () =>
                {
                    foreach (string topic in topics)
                    {
                        admin.GetMetadata(topic, timeout / 2);
                    }

                    return true;
                },
                cancellation),
            cancellation);

    private async Task<T> AskAsync<T>(Func<Task<T>> question, CancellationToken cancellation)
    {
        try
        {
            return await question().WaitAsync(timeout + Margin, cancellation);
        }
        catch (KafkaException e)
        {
            isMetadataDoubted = true;
            throw Refused(e.Error, "the cluster", "DESCRIBE");
        }
        catch (TimeoutException e)
        {
            isMetadataDoubted = true;
            throw new LogUnavailableException($"Kafka at {servers} gave no answer within {timeout.TotalSeconds} s", e);
        }
    }

    /// <summary>What only a person can mend is fatal, all else is a matter of time.</summary>
    private Exception Refused(Error error, string what, string right) => error.Code switch
    {
        ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed
            => new LogFatalException($"Not authorized for {what}: {error.Reason}. Grant {right} to this user."),
        _ => new LogUnavailableException($"Kafka at {servers} can't say now: {error.Reason} ({error.Code})"),
    };
}
