using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Kafka.Facts;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.DeadLetters;

/// <summary>
/// Writes refused events to the dead letters' topic, acknowledged by all replicas, and tries for as long as it takes. Safe from any thread.
/// </summary>
public sealed class KafkaDeadLetterSink : IDeadLetterSink, IDisposable
{
    /// <summary>Below this nothing is cut any further: then it is neither the value nor the key that is too large.</summary>
    private const int SmallestCut = 64;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    private readonly KafkaOptions options;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly IProducer<byte[]?, byte[]?> producer;
    private readonly Lock gate = new();
    private readonly ClientLines lines;
    private readonly List<LetterGroup> groups = [];
    private LetterGroup open = new();
    private LogFatalException? fatal;
    private long pendingBytes;

    /// <exception cref="LogFatalException">The settings can't be used together.</exception>
    public KafkaDeadLetterSink(KafkaOptions options, ILogger<KafkaDeadLetterSink> logger, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
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

    public long PendingBytes => Interlocked.Read(ref pendingBytes);

    public void Send(in LogRecord record, in Refusal refusal, Instant refusedAt)
    {
        ReadOnlySpan<byte> value = refusal.EventIndex == Refusal.WholeRecord ? record.Value : record.Value.Slice(refusal.Start, refusal.Length);
        var message = new Message<byte[]?, byte[]?>
        {
            Key = record.HasKey ? record.Key.ToArray() : null,
            Value = record.IsTombstone ? null : value.ToArray(),
            Headers = HeadersOf(record, refusal, refusedAt),
        };
        LetterGroup group;
        lock (gate)
        {
            group = open;
            group.Add();
        }

        long size = value.Length + record.Key.Length + 256;
        Interlocked.Add(ref pendingBytes, size);
        Produce(new Letter(message, group, size));
    }

    public async Task FlushAsync(CancellationToken cancellation)
    {
        Task[] waits;
        lock (gate)
        {
            if (fatal is not null)
            {
                throw fatal;
            }

            groups.RemoveAll(group => group.Completion.IsCompleted);
            open.Close();
            if (!open.Completion.IsCompleted)
            {
                groups.Add(open);
            }

            open = new LetterGroup();
            waits = [.. groups.Select(group => group.Completion)];
        }

        await Task.WhenAll(waits).WaitAsync(cancellation);
    }

    /// <summary>What is not stored yet is lost to the topic; its checkpoint was not written either, so it is read again.</summary>
    public void Dispose() => producer.Dispose();

    private void Produce(Letter letter)
    {
        try
        {
            producer.Produce(options.DeadLetterTopic, letter.Message, report => OnDelivered(letter, report.Error));
        }
        catch (ProduceException<byte[]?, byte[]?> e)
        {
            OnDelivered(letter, e.Error);
        }
        catch (ObjectDisposedException)
        {
            // A retry that came due after the end: nobody waits for it.
        }
    }

    private void OnDelivered(Letter letter, Error error)
    {
        if (!error.IsError)
        {
            Interlocked.Add(ref pendingBytes, -letter.Size);
            letter.Group.Done();
            return;
        }

        switch (error.Code)
        {
            case ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidMsgSize or ErrorCode.RecordListTooLarge when TryCut(letter.Message):
                Produce(letter);
                break;
            case ErrorCode.Local_PurgeQueue or ErrorCode.Local_PurgeInflight:
                break;
            case ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition:
                Fail(new LogFatalException($"The dead letters' topic {options.DeadLetterTopic} does not exist. Create it: "
                    + new KafkaTopicCommand(options.BootstrapServers, options.DeadLetterTopic, 1)));
                break;
            case ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed:
                Fail(RefusedRight.Of("WRITE", $"topic {options.DeadLetterTopic}", error.Reason));
                break;
            case ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidMsgSize or ErrorCode.RecordListTooLarge or ErrorCode.InvalidRecord or ErrorCode.PolicyViolation:
                Fail(new LogFatalException(
                    $"The dead letters' topic {options.DeadLetterTopic} takes no letter: {error.Reason}. Raise its max.message.bytes, give it cleanup.policy=delete."));
                break;
            default:
                if (error.IsFatal)
                {
                    Fail(ProducerEnded(error));
                    break;
                }

                logger.DeadLetterRetried(error.Code.ToString(), error.Reason);
                _ = RetryAsync(letter);
                break;
        }
    }

    private async Task RetryAsync(Letter letter)
    {
        await Task.Delay(RetryDelay, time);
        Produce(letter);
    }

    /// <summary>Halves the longer of value and key: the topic's limit is not told, and a letter that large is rare.</summary>
    /// <returns>False where both are short already.</returns>
    private bool TryCut(Message<byte[]?, byte[]?> message)
    {
        int value = message.Value?.Length ?? 0, key = message.Key?.Length ?? 0;
        if (Math.Max(value, key) <= SmallestCut)
        {
            return false;
        }

        if (value >= key)
        {
            Tell(message.Headers, DeadLetterHeaders.Truncated, value);
            message.Value = message.Value![..(value / 2)];
        }
        else
        {
            Tell(message.Headers, DeadLetterHeaders.KeyTruncated, key);
            message.Key = message.Key![..(key / 2)];
        }

        logger.DeadLetterCut(value + key, (message.Value?.Length ?? 0) + (message.Key?.Length ?? 0));
        return true;
    }

    /// <summary>The length before the first cut.</summary>
    private static void Tell(Headers headers, string name, int length)
    {
        if (!headers.TryGetLastBytes(name, out _))
        {
            headers.Add(name, Text(length));
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
            : new LogFatalException($"The dead letters' producer can't go on: {error.Reason}. Restart this process: what is not stored is read again.");

    private void Fail(LogFatalException reason)
    {
        lock (gate)
        {
            fatal ??= reason;
            open.Fail(fatal);
            foreach (LetterGroup group in groups)
            {
                group.Fail(fatal);
            }
        }
    }

    private Headers HeadersOf(in LogRecord record, in Refusal refusal, Instant refusedAt)
    {
        var headers = new Headers
        {
            { DeadLetterHeaders.Topic, Text(record.Source.Topic) },
            { DeadLetterHeaders.Partition, Text(record.Source.Partition) },
            { DeadLetterHeaders.Offset, Text(record.Offset) },
            { DeadLetterHeaders.Reason, Text(refusal.Reason) },
            { DeadLetterHeaders.Detail, Text(refusal.Detail) },
            { DeadLetterHeaders.Time, Text(refusedAt.ToString()) },
            { DeadLetterHeaders.Kind, Text(record.Source.Topic == options.ErrorTopic ? "error" : "usage") },
        };
        if (refusal.EventIndex != Refusal.WholeRecord)
        {
            headers.Add(DeadLetterHeaders.EventIndex, Text(refusal.EventIndex));
        }

        if (refusal.Events > 1)
        {
            headers.Add(DeadLetterHeaders.Events, Text(refusal.Events));
        }

        if (record.TimestampMilliseconds is long timestamp)
        {
            headers.Add(DeadLetterHeaders.RecordTimestamp, Text(timestamp));
        }

        return headers;
    }

    private static byte[] Text(long number) => Text(number.ToString(CultureInfo.InvariantCulture));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private sealed record Letter(Message<byte[]?, byte[]?> Message, LetterGroup Group, long Size);
}
