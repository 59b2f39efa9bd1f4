using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Metadata;

/// <summary>What the brokers say of the consumer group, for a person who looks. Safe from any thread.</summary>
/// <remarks>
/// A question whose coordinator is away waits for it inside the client. When such a question times out there and the coordinator comes back,
/// librdkafka 2.15.1 aborts the process (https://github.com/confluentinc/librdkafka/pull/5397). So it never times out there: the client
/// that holds it is thrown away, and the next question gets a new one.
/// </remarks>
public sealed class KafkaGroup : IDisposable
{
    /// <summary>What the client takes at most; reached only where nobody waits any more.</summary>
    private static readonly TimeSpan LongestRequestTimeout = TimeSpan.FromHours(1);

    private readonly KafkaOptions options;
    private readonly ILogger logger;
    private readonly TimeSpan timeout;
    private readonly Lock gate = new();
    private IAdminClient? current;

    /// <param name="options">Valid ones. Nothing is connected before the first question.</param>
    /// <param name="timeout">5 s where null: a question that is not answered by then is unanswered.</param>
    public KafkaGroup(KafkaOptions options, ILogger<KafkaGroup>? logger = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        this.logger = logger ?? NullLogger<KafkaGroup>.Instance;
        this.timeout = timeout ?? TimeSpan.FromSeconds(5);
    }

    /// <summary>The partitions that the group's members read now. Null where the brokers do not say.</summary>
    /// <exception cref="LogFatalException">The settings can't be used together.</exception>
    public async Task<IReadOnlySet<SourcePartition>?> AssignedAsync(CancellationToken cancellation)
    {
        try
        {
            return (await DescribeAsync(asksRights: false, cancellation))?.Assigned;
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    /// <summary>The group as a start would find it. Null where the brokers do not say.</summary>
    /// <exception cref="LogFatalException">This user may not join it, or the settings can't be used together.</exception>
    public async Task<GroupDetails?> CheckAsync(CancellationToken cancellation)
    {
        try
        {
            GroupDetails? group = await DescribeAsync(asksRights: true, cancellation);
            return group is not { MayRead: false } ? group : throw Refused();
        }
        catch (DescribeConsumerGroupsException e) when (e.Results.ConsumerGroupDescriptions.Exists(group => RefusedRight.IsOne(group.Error.Code)))
        {
            throw Refused(e);
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    private LogFatalException Refused(Exception? inner = null) => new(RefusedRight.Lacking(options, "READ", "group", options.GroupId), inner);

    /// <returns>Null where no answer came in time.</returns>
    private async Task<GroupDetails?> DescribeAsync(bool asksRights, CancellationToken cancellation)
    {
        IAdminClient client = Client();
        try
        {
            DescribeConsumerGroupsResult result = await client.DescribeConsumerGroupsAsync(
                [options.GroupId], new DescribeConsumerGroupsOptions
                {
                    RequestTimeout = LongestRequestTimeout,
                    IncludeAuthorizedOperations = asksRights
                })
                .WaitAsync(timeout, cancellation);
            ConsumerGroupDescription group = result.ConsumerGroupDescriptions[0];
            return new GroupDetails(
                group.Members.Count,
                group.Members.SelectMany(member => member.Assignment.TopicPartitions)
                    .Select(assigned => new SourcePartition(assigned.Topic, assigned.Partition.Value)).ToHashSet(),
                group.AuthorizedOperations is { Count: > 0 } rights ? rights.Contains(AclOperation.Read) : null);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Replace(client);
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            current?.Dispose();
            current = null;
        }
    }

    private IAdminClient Client()
    {
        lock (gate)
        {
            return current ??= AdminClients.Build(options, logger);
        }
    }

    /// <summary>Whoever else waits by this client waits in vain and gets a new one in turn.</summary>
    private void Replace(IAdminClient client)
    {
        lock (gate)
        {
            if (current != client)
                return;

            current = null;
        }

        // It waits for the client's threads.
        _ = Task.Run(client.Dispose, CancellationToken.None);
    }
}

/// <param name="Members">How many are in it.</param>
/// <param name="Assigned">The partitions that they read now, of whatever topics.</param>
/// <param name="MayRead">Whether this user may join; null where that was not asked for, or the brokers do not tell.</param>
public sealed record GroupDetails(int Members, IReadOnlySet<SourcePartition> Assigned, bool? MayRead);
