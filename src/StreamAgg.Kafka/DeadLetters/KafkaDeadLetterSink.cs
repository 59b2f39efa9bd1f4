using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;

namespace StreamAgg.Kafka.DeadLetters;

/// <summary>
/// Writes refused events to the dead letters' topic, acknowledged by all replicas, and tries for as long as it takes. Safe from any thread.
/// </summary>
public sealed class KafkaDeadLetterSink : IDeadLetterSink, IDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    private readonly KafkaOptions options;
    private readonly PipelineTopics topics;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly IProducer<byte[]?, byte[]?> producer;
    private readonly Lock gate = new();
    private readonly ClientLines lines;
    private readonly List<LetterGroup> groups = [];
    private LetterGroup open = new();
    private Exception? failure;
    private long pendingLetters;
    private long pendingBytes;

    /// <exception cref="LogFatalException">The settings can't be used together.</exception>
    public KafkaDeadLetterSink(KafkaOptions options, ILogger<KafkaDeadLetterSink> logger, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        topics = options.Topics;
        this.logger = logger;
        this.time = time ?? TimeProvider.System;
        lines = new ClientLines(logger);
        try
        {
            producer = new ProducerBuilder<byte[]?, byte[]?>(ClientSettings.Producer(options))
                .SetKeySerializer(Serializers.ByteArray!)
                .SetValueSerializer(Serializers.ByteArray!)
                .SetLogHandler(lines.OnLog)
                .SetErrorHandler((_, error) => OnError(error))
                .Build();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or KafkaException)
        {
            throw new LogFatalException($"The Kafka client refuses its settings: {e.Message}. Correct Kafka:Client.", e);
        }
    }

    public long PendingLetters => Interlocked.Read(ref pendingLetters);

    public long PendingBytes => Interlocked.Read(ref pendingBytes);

    public void Send(in LogRecord record, ReadOnlySpan<Refusal> refusals, Instant refusedAt)
    {
        var letters = new RecordLetters(record, refusals, topics.KindOf(record.Source.Topic).Names().Name, refusedAt);
        foreach (ref readonly Refusal refusal in refusals)
        {
            Letter letter = letters.Of(refusal);
            LetterGroup group;
            lock (gate)
            {
                group = open;
                group.Add();
            }

            Interlocked.Add(ref pendingBytes, letter.Bytes);
            Interlocked.Increment(ref pendingLetters);
            _ = StoreAsync(letter, group);
        }
    }

    public async Task FlushAsync(CancellationToken cancellation)
    {
        Task[] waits;
        lock (gate)
        {
            if (failure is not null)
                throw failure;

            groups.RemoveAll(group => group.Completion.IsCompleted);
            open.Close();
            if (!open.Completion.IsCompleted)
                groups.Add(open);

            open = new LetterGroup();
            waits = [.. groups.Select(group => group.Completion)];
        }

        await Task.WhenAll(waits).WaitAsync(cancellation);
    }

    /// <summary>What is not stored yet is lost to the topic; its checkpoint was not written either, so it is read again.</summary>
    public void Dispose()
    {
        Fail(new ObjectDisposedException(nameof(KafkaDeadLetterSink)));
        producer.Dispose();
    }

    /// <summary>Ends in one of two ways, whatever happens on it: the letter is stored, or everybody who waits is told why none will be.</summary>
    private async Task StoreAsync(Letter letter, LetterGroup group)
    {
        try
        {
            for (Error error = await ProduceAsync(letter); error.IsError; error = await ProduceAsync(letter))
                await PrepareAnotherTryAsync(letter, error);

            Interlocked.Add(ref pendingBytes, -letter.Bytes);
            Interlocked.Decrement(ref pendingLetters);
            group.Done();
        }
#pragma warning disable CA1031 // Thrown again to everybody who flushes: a checkpoint that waits for this letter would else wait for ever.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(e);
        }
    }

    private Task<Error> ProduceAsync(Letter letter)
    {
        var answer = new TaskCompletionSource<Error>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            producer.Produce(options.DeadLetterTopic, letter.Message, report => answer.SetResult(report.Error));
        }
        catch (ProduceException<byte[]?, byte[]?> e)
        {
            answer.SetResult(e.Error);
        }

        return answer.Task;
    }

    /// <exception cref="LogFatalException">Another try can't help.</exception>
    private Task PrepareAnotherTryAsync(Letter letter, Error error)
    {
        int length = letter.Message.Value?.Length ?? 0;
        switch (error.Code)
        {
            case ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidMsgSize or ErrorCode.RecordListTooLarge when letter.TryCut():
                logger.DeadLetterCut(length, letter.Message.Value!.Length);
                return Task.CompletedTask;
            case ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition:
                throw new LogFatalException($"The dead letters' topic {options.DeadLetterTopic} does not exist. Create it: "
                    + new KafkaTopicCommand(options.BootstrapServers, options.DeadLetterTopic, 1));
            case ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed:
                throw RefusedRight.Of("WRITE", $"topic {options.DeadLetterTopic}", error.Reason);
            case ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidMsgSize or ErrorCode.RecordListTooLarge
                or ErrorCode.InvalidRecord or ErrorCode.PolicyViolation:
                throw new LogFatalException(
                    $"The dead letters' topic {options.DeadLetterTopic} takes no letter: {error.Reason}. Raise its max.message.bytes, give it cleanup.policy=delete.");
            case ErrorCode.Local_PurgeQueue or ErrorCode.Local_PurgeInflight:
                throw new ObjectDisposedException(nameof(KafkaDeadLetterSink));
            default:
                if (error.IsFatal)
                    throw ProducerEnded(error);

                lines.LetterRetried(error.Code.ToString(), error.Reason);
                return Task.Delay(RetryDelay, time);
        }
    }

    private void OnError(Error error)
    {
        if (error.IsFatal)
        {
            Fail(ProducerEnded(error));
        }
        else
        {
            lines.OnError(error);
        }
    }

    /// <summary>A producer that may write nowhere is refused the number that marks its letters, and by it on the cluster.</summary>
    private LogFatalException ProducerEnded(Error error) =>
        error.Reason.Contains(ErrorCode.ClusterAuthorizationFailed.GetReason(), StringComparison.Ordinal)
            ? RefusedRight.Of("WRITE", $"topic {options.DeadLetterTopic}", error.Reason)
            : new LogFatalException(
                $"The dead letters' producer can't go on: {error.Reason}. Restart this process: what is not stored is read again.");

    private void Fail(Exception reason)
    {
        lock (gate)
        {
            failure ??= reason;
            open.Fail(failure);
            foreach (LetterGroup group in groups)
                group.Fail(failure);
        }
    }
}
