using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Confluent.Kafka;
using StreamAgg.Gateway.Events;

namespace StreamAgg.Gateway.Producing;

/// <summary>Sends a gateway's events: each is in the log once and in order, although the client tries again (idempotent, acks=all).</summary>
/// <remarks>
/// Sending waits only while the queue is full; whether an event arrived is known after <see cref="FlushAsync"/>, which throws where one
/// did not. Dispose flushes. Safe on any thread.
/// </remarks>
public sealed class GatewayProducer : IAsyncDisposable
{
    /// <summary>How long a full queue is left alone before it is asked again.</summary>
    private static readonly TimeSpan FullQueuePause = TimeSpan.FromMilliseconds(5);

    private readonly GatewayProducerOptions options;
    private readonly IProducer<byte[], byte[]> producer;
    private readonly Action<DeliveryReport<byte[], byte[]>> onDelivery;
    private long deliveredCount, failedCount;
    private volatile Error? firstFailure;
    private bool isDisposed;

    /// <exception cref="ArgumentException">An option is missing or out of its range: the message names it.</exception>
    /// <exception cref="InvalidOperationException">The client refuses one of <see cref="GatewayProducerOptions.Client"/>.</exception>
    public GatewayProducer(GatewayProducerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        GatewayProducerOptions.Validate(options);
        this.options = options;
        // The client's fatal errors (an idempotent producer that lost its sequence) come here and nowhere else.
        producer = new ProducerBuilder<byte[], byte[]>(Configure(options))
            .SetErrorHandler((_, error) =>
            {
                if (error.IsFatal)
                    firstFailure ??= error;
            })
            .SetLogHandler((_, line) => options.Log?.Invoke(line.Message))
            .Build();
        onDelivery = OnDelivery;
    }

    /// <summary>Events that the brokers have acknowledged.</summary>
    public long DeliveredCount => Interlocked.Read(ref deliveredCount);

    /// <summary>Events that were given up.</summary>
    public long FailedCount => Interlocked.Read(ref failedCount);

    /// <summary>Hands an event over for <see cref="GatewayProducerOptions.UsageTopic"/>; waits only while the queue is full.</summary>
    /// <exception cref="ArgumentException">The topic is not named.</exception>
    /// <exception cref="GatewayDeliveryException">The client can't go on, or the event is too large for it.</exception>
    public ValueTask SendAsync(UsageEvent usage, CancellationToken cancellation = default) =>
        SendAsync(options.UsageTopic, usage, GatewayJson.Default.UsageEvent, cancellation);

    /// <summary>Hands an event over for <see cref="GatewayProducerOptions.ErrorTopic"/>; waits only while the queue is full.</summary>
    /// <inheritdoc cref="SendAsync(UsageEvent, CancellationToken)" path="/exception"/>
    public ValueTask SendAsync(ErrorEvent error, CancellationToken cancellation = default) =>
        SendAsync(options.ErrorTopic, error, GatewayJson.Default.ErrorEvent, cancellation);

    /// <summary>Hands an event over for <see cref="GatewayProducerOptions.RequestTopic"/>; waits only while the queue is full.</summary>
    /// <inheritdoc cref="SendAsync(UsageEvent, CancellationToken)" path="/exception"/>
    public ValueTask SendAsync(RequestEvent request, CancellationToken cancellation = default) =>
        SendAsync(options.RequestTopic, request, GatewayJson.Default.RequestEvent, cancellation);

    /// <summary>Hands a record over to the client; waits only while the queue is full.</summary>
    /// <param name="topic">Where it goes.</param>
    /// <param name="key">Decides the partition; null spreads records over all.</param>
    /// <param name="value">The record's bytes, which must not be changed any more.</param>
    /// <param name="timestamp">The record's own; null for the time of the call. Kept to the millisecond.</param>
    /// <exception cref="ArgumentException">The topic is empty.</exception>
    /// <exception cref="GatewayDeliveryException">The client can't go on, or the record is too large for it.</exception>
    public async ValueTask SendAsync(
        string topic, byte[]? key, byte[] value, DateTimeOffset? timestamp, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        var message = new Message<byte[], byte[]> { Key = key!, Value = value };
        if (timestamp is { } time)
            message.Timestamp = new Timestamp(time.ToUnixTimeMilliseconds(), TimestampType.CreateTime);
        while (!TryProduce(topic, message))
            await Task.Delay(FullQueuePause, cancellation);
    }

    /// <summary>Completes when every event sent before this call is acknowledged or given up.</summary>
    /// <exception cref="GatewayDeliveryException">An event was given up since the producer was made: the first reason.</exception>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        await Task.Run(() => producer.Flush(cancellation), cancellation);
        if (firstFailure is { } failure)
            throw new GatewayDeliveryException(
                $"{FailedCount} events did not reach Kafka at {options.BootstrapServers}: {failure.Reason}{RemedyOf(failure)}");
    }

    /// <summary>Flushes; what can't be delivered within <see cref="GatewayProducerOptions.DeliveryTimeout"/> has failed.</summary>
    /// <exception cref="GatewayDeliveryException">An event was given up.</exception>
    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        try
        {
            await FlushAsync();
        }
        finally
        {
            producer.Dispose();
        }
    }

    private ValueTask SendAsync<T>(string topic, T sent, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        string.IsNullOrWhiteSpace(topic)
            ? throw new ArgumentException($"No topic is named for a {typeof(T).Name}: set it in {nameof(GatewayProducerOptions)}.", nameof(sent))
            : SendAsync(topic, key: null, JsonSerializer.SerializeToUtf8Bytes(sent, type), timestamp: null, cancellation);

    private bool TryProduce(string topic, Message<byte[], byte[]> message)
    {
        try
        {
            producer.Produce(topic, message, onDelivery);
            return true;
        }
        catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
        {
            return false;
        }
        catch (ProduceException<byte[], byte[]> e)
        {
            throw new GatewayDeliveryException($"The event for {topic} was not taken: {e.Error.Reason}", e);
        }
    }

    private void OnDelivery(DeliveryReport<byte[], byte[]> report)
    {
        if (!report.Error.IsError)
        {
            Interlocked.Increment(ref deliveredCount);
            return;
        }
        Interlocked.Increment(ref failedCount);
        firstFailure ??= report.Error;
    }

    /// <summary>The client asks the cluster for its number first, which is given to whoever may write to any topic.</summary>
    private string RemedyOf(Error failure) =>
        failure.Code is ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed
        || failure.Reason.Contains(ErrorCode.ClusterAuthorizationFailed.GetReason(), StringComparison.Ordinal)
            ? $". Grant WRITE on {string.Join(" and ", options.Topics.Select(topic => $"topic {topic}"))} to this user"
            : "";

    private static ProducerConfig Configure(GatewayProducerOptions options)
    {
        var config = new ProducerConfig
        {
            BootstrapServers = options.BootstrapServers,
            LingerMs = options.Linger.TotalMilliseconds,
            MessageTimeoutMs = (int)options.DeliveryTimeout.TotalMilliseconds,
            CompressionType = CompressionType.Lz4,
            QueueBufferingMaxKbytes = (int)(options.MaxQueuedBytes >> 10),
            QueueBufferingMaxMessages = 1_000_000,
            // What brokers take by default; the client's own default is smaller.
            MessageMaxBytes = 1_048_588,
        };
        foreach (var (name, value) in options.Client)
            config.Set(name, value);
        config.EnableIdempotence = true;
        config.Acks = Acks.All;
        return config;
    }
}

/// <summary>Events did not reach the log. The message says how many and why.</summary>
public sealed class GatewayDeliveryException(string message, Exception? inner = null) : Exception(message, inner);
