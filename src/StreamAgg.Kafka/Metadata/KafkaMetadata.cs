using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Time;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Native;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Metadata;

/// <summary>Asks the brokers through an administrative client of its own; every call is a request, no answer is kept.</summary>
public sealed class KafkaMetadata : ILogMetadata, IDisposable
{
    /// <summary>Beyond a question's own time-out, when its thread should have ended: then nobody waits for it any more.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>What another broker is given, which may take the login that one has refused.</summary>
    private static readonly TimeSpan RefusalGrace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What the protocol's question for an offset takes in place of a time: the end, the beginning, and the record with the largest timestamp.
    /// </summary>
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long NewestTimestamp = -3;

    private readonly ConnectionWatch watch = new();
    private readonly IAdminClient admin;
    private readonly BrokerQuestions questions;
    private readonly TimeSpan timeout;
    private readonly string servers;
    private readonly ConcurrentDictionary<string, IReadOnlySet<int>> leaderless = new(StringComparer.Ordinal);
    private volatile bool isMetadataDoubted;

    /// <param name="timeout">5 s where null: a question that is not answered by then is unanswered.</param>
    /// <exception cref="LogFatalException">The settings can't be used together.</exception>
    public KafkaMetadata(KafkaOptions options, ILogger<KafkaMetadata>? logger = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.timeout = timeout ?? TimeSpan.FromSeconds(5);
        servers = options.BootstrapServers;
        admin = AdminClients.Build(options, logger ?? NullLogger<KafkaMetadata>.Instance, watch);
        questions = new BrokerQuestions(admin);
    }

    public async Task<IReadOnlyDictionary<string, TopicDetails>> DescribeAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        if (isMetadataDoubted)
            await RefreshMetadataAsync(topics, cancellation);

        string[] names = [.. topics];
        var metadata = new Dictionary<string, TopicDetails>(StringComparer.Ordinal);
        foreach (TopicAnswer topic in await AskAsync(() => questions.DescribeTopics(names, timeout), cancellation))
        {
            switch (topic.Error)
            {
                case ErrorCode.NoError:
                    leaderless[topic.Name] = topic.Leaderless;
                    metadata[topic.Name] = new TopicDetails(topic.Id, topic.PartitionCount);
                    break;
                case ErrorCode.UnknownTopicOrPart:
                    break;
                default:
                    throw Refused(new Error(topic.Error), $"topic {topic.Name}");
            }
        }

        return metadata;
    }

    /// <summary>Whether this user may do so with a topic that is there, as the brokers tell: nothing is tried.</summary>
    /// <returns>Null where they do not tell.</returns>
    /// <exception cref="LogUnavailableException">No answer.</exception>
    /// <exception cref="LogFatalException">Not even its description is for this user.</exception>
    public async Task<bool?> MayAsync(TopicRight right, string topic, CancellationToken cancellation)
    {
        TopicAnswer answer = (await AskAsync(() => questions.DescribeTopics([topic], timeout, asksRights: true), cancellation))[0];
        return answer.Error == ErrorCode.NoError
            ? answer.Rights?.Contains(right == TopicRight.Read ? AclOperation.Read : AclOperation.Write)
            : throw Refused(new Error(answer.Error), $"topic {topic}");
    }

    public Task<IReadOnlyDictionary<SourcePartition, long>> EndOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => ListAsync(partitions, Latest, cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, long>> StableOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) =>
        ListAsync(partitions, Latest, cancellation, isDecided: true);

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

    /// <summary>The largest timestamp of any record that these partitions hold: by its clock whoever stamped it lives.</summary>
    /// <returns>Null where they hold none, or the brokers do not tell (before Kafka 3.0).</returns>
    public async Task<Instant?> NewestTimestampAsync(IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation)
    {
        try
        {
            long newest = (await AskAsync(() => questions.ListOffsets(partitions, NewestTimestamp, timeout), cancellation))
                .Where(answer => answer.Error == ErrorCode.NoError).Select(answer => answer.TimestampMilliseconds).DefaultIfEmpty(-1).Max();
            return newest < 0 ? null : Instant.FromUnixMilliseconds(newest);
        }
        catch (LogUnavailableException)
        {
            return null;
        }
    }

    /// <summary>A question that is still waiting keeps the native client until it ends.</summary>
    public void Dispose() => admin.Dispose();

    private async Task<IReadOnlyDictionary<SourcePartition, long>> ListAsync(
        IReadOnlyCollection<SourcePartition> partitions, long timestampMilliseconds, CancellationToken cancellation, bool isDecided = false)
    {
        var offsets = new Dictionary<SourcePartition, long>(partitions.Count);
        if (partitions.Count == 0)
            return offsets;

        Dictionary<string, string> names = partitions.Select(partition => partition.Topic).Distinct(StringComparer.Ordinal)
            .ToDictionary(name => name);
        if (isMetadataDoubted)
            await RefreshMetadataAsync(names.Keys, cancellation);

        // Asked for a partition without a leader, the client waits for one, and all other partitions with it.
        List<SourcePartition> led = [.. partitions.Where(partition => !IsLeaderless(partition))];
        IReadOnlyList<OffsetAnswer> answers =
            led.Count == 0 ? [] : await AskAsync(() => questions.ListOffsets(led, timestampMilliseconds, timeout, isDecided), cancellation);
        foreach (OffsetAnswer answer in answers)
        {
            if (answer.Error == ErrorCode.NoError)
            {
                // Where a broker fell silent the client reports no error and the offset "unset": that is no answer. "End" answers a
                // question for a time that no record has reached.
                if (answer.Offset >= 0 || (timestampMilliseconds >= 0 && answer.Offset == Offset.End))
                    offsets[new SourcePartition(names.GetValueOrDefault(answer.Topic, answer.Topic), answer.Partition)] = answer.Offset;
            }
            else if (RefusedRight.IsOne(answer.Error))
            {
                throw Refused(new Error(answer.Error), $"topic {answer.Topic}");
            }
        }

        isMetadataDoubted = offsets.Count < partitions.Count;
        if (offsets.Count == 0)
        {
            string why = answers.Select(answer => answer.Error).FirstOrDefault(error => error != ErrorCode.NoError) switch
            {
                ErrorCode.NoError => led.Count == 0 ? "no broker leads these partitions" : "it is silent",
                ErrorCode error => error.GetReason(),
            };
            throw Away($"told none of the offsets that were asked for: {why}");
        }

        return offsets;
    }

    private bool IsLeaderless(SourcePartition partition) =>
        leaderless.TryGetValue(partition.Topic, out IReadOnlySet<int>? without) && without.Contains(partition.Partition);

    /// <summary>
    /// The client asks the leaders and the controller that it remembers, for up to a quarter of an hour, and does not look for others when
    /// these do not answer or are it no more; while its controller is down it tries to connect to it without a pause, a core for each
    /// question. Asking any broker for the topics' metadata makes it forget, and tells first whether one answers at all.
    /// </summary>
    private Task<bool> RefreshMetadataAsync(IEnumerable<string> topics, CancellationToken cancellation) =>
        AskAsync(
            () =>
            {
                using var held = ClientHandle.Of(admin);
                foreach (TopicMetadata topic in topics.SelectMany(topic => admin.GetMetadata(topic, timeout / 2).Topics))
                    leaderless[topic.Topic] = topic.Partitions.Where(partition => partition.Leader < 0).Select(partition => partition.PartitionId)
                        .ToHashSet();

                return true;
            },
            cancellation);

    /// <summary>Asks on a thread that may wait.</summary>
    private async Task<T> AskAsync<T>(Func<T> question, CancellationToken cancellation)
    {
        try
        {
            // On a thread of its own: brokers that are away would else hold the few that everything else here shares.
            Task<T> answer = Task.Factory.StartNew(question, cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .WaitAsync(timeout + Margin, cancellation);
            if (await Task.WhenAny(answer, watch.LoginRefused) != answer
                && await Task.WhenAny(answer, Task.Delay(RefusalGrace, cancellation)) != answer)
            {
                isMetadataDoubted = true;
                throw Away("refuses the login");
            }

            T told = await answer;
            watch.Answered();
            return told;
        }
        catch (KafkaException e)
        {
            isMetadataDoubted = true;
            throw Refused(e.Error, "the cluster");
        }
        catch (TimeoutException)
        {
            isMetadataDoubted = true;
            throw Away($"gave no answer within {timeout.TotalSeconds} s");
        }
    }

    /// <summary>With the cause, where the client has told one: its requests know no more than that they ran out of time.</summary>
    private LogUnavailableException Away(string what) => watch.Fault is not { } fault
        ? new($"Kafka at {servers} {what}")
        : new($"Kafka at {servers} {(fault.IsLoginRefused ? "refuses the login" : "can't be reached")}: {fault.Text}")
        {
            Cause = fault.Text,
            Remedy = fault.Remedy,
            IsLoginRefused = fault.IsLoginRefused,
        };

    /// <summary>What only a person can mend is fatal, all else is a matter of time.</summary>
    private Exception Refused(Error error, string resource) =>
        RefusedRight.IsOne(error.Code) ? RefusedRight.Of("DESCRIBE", resource, error.Reason) : Away($"can't say now: {error.Reason} ({error.Code})");
}
