namespace StreamAgg.Gateway.Producing;

/// <summary>Where and how a gateway's events are sent.</summary>
public sealed class GatewayProducerOptions
{
    /// <value>Default <c>localhost:9092</c>.</value>
    public string BootstrapServers { get; set; } = "localhost:9092";

    /// <value>Default <c>gateway.usage</c>.</value>
    public string UsageTopic { get; set; } = "gateway.usage";

    /// <value>Default <c>gateway.errors</c>.</value>
    public string ErrorTopic { get; set; } = "gateway.errors";

    /// <summary>For requests that say themselves whether they failed.</summary>
    /// <value>Default empty: there is no such topic.</value>
    public string RequestTopic { get; set; } = "";

    /// <summary>How long an event waits for others to share its request. Longer saves requests, shorter saves time.</summary>
    /// <value>Default 20 ms; 0 to 15 minutes.</value>
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long an event is tried before it counts as failed.</summary>
    /// <value>Default 2 minutes; more than <see cref="Linger"/>.</value>
    public TimeSpan DeliveryTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How many bytes may wait in this process. Beyond it the sender waits.</summary>
    /// <value>Default 64 MiB; 1 MiB to 2 GiB.</value>
    public long MaxQueuedBytes { get; set; } = 64L << 20;

    /// <summary>Properties of librdkafka's own (TLS, SASL); the strongest, but that the producer stays idempotent.</summary>
    public IDictionary<string, string> Client { get; } = new Dictionary<string, string>();

    /// <summary>Takes the client's own log lines (a broker went away, came back), on its threads. Failed events make a flush throw.</summary>
    /// <value>Default null: the lines are dropped, so that a library does not write to somebody's standard error.</value>
    public Action<string>? Log { get; set; }

    /// <summary>Those that are named.</summary>
    internal IEnumerable<string> Topics => ((string[])[UsageTopic, ErrorTopic, RequestTopic]).Where(topic => !string.IsNullOrWhiteSpace(topic));

    /// <exception cref="ArgumentException">A value is missing or out of its range: the message names it.</exception>
    internal static void Validate(GatewayProducerOptions options)
    {
        Require(!string.IsNullOrWhiteSpace(options.BootstrapServers),
            nameof(BootstrapServers), options.BootstrapServers, "host:port, several separated by commas");
        if (string.IsNullOrWhiteSpace(options.RequestTopic))
        {
            Require(!string.IsNullOrWhiteSpace(options.UsageTopic), nameof(UsageTopic), options.UsageTopic, "a topic's name");
            Require(!string.IsNullOrWhiteSpace(options.ErrorTopic), nameof(ErrorTopic), options.ErrorTopic, "a topic's name");
        }
        Require(options.Linger >= TimeSpan.Zero && options.Linger <= TimeSpan.FromMinutes(15), nameof(Linger), options.Linger, "0 to 15 minutes");
        Require(options.DeliveryTimeout > options.Linger && options.DeliveryTimeout.TotalMilliseconds <= int.MaxValue,
            nameof(DeliveryTimeout), options.DeliveryTimeout, "more than Linger, at most 24 days");
        Require(options.MaxQueuedBytes is >= 1L << 20 and <= 2L << 30, nameof(MaxQueuedBytes), options.MaxQueuedBytes, "1 MiB to 2 GiB");

        void Require(bool holds, string name, object? value, string allowed)
        {
            if (!holds)
                throw new ArgumentException($"{name} is '{value}': it must be {allowed}.", nameof(options));
        }
    }
}
