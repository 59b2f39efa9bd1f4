using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Metadata;

/// <summary>What of a topic's settings matters to whoever reads or writes it.</summary>
/// <param name="Retention">How long records are kept at least; null for ever.</param>
/// <param name="RetentionBytes">How much of a partition is kept; null for all.</param>
/// <param name="MaxMessageBytes">The largest batch that the brokers take, and with it the largest record.</param>
/// <param name="IsCompacted">Of records with one key only the last is kept, and a record without a key is refused.</param>
/// <param name="IsStampedByBroker">Records bear the broker's time, whatever their producer says.</param>
public sealed record TopicSettings(TimeSpan? Retention, long? RetentionBytes, long MaxMessageBytes, bool IsCompacted, bool IsStampedByBroker)
{
    /// <summary>What a <see cref="TimeSpan"/> holds, and more than anybody keeps.</summary>
    private const long MostMilliseconds = 1L << 49;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>Asks the brokers, by a client for this one question.</summary>
    /// <returns>Null where they do not tell: it takes the right DESCRIBE_CONFIGS, which a service does without.</returns>
    /// <exception cref="LogFatalException">The settings can't be used together.</exception>
    public static async Task<TopicSettings?> AskAsync(KafkaOptions options, string topic, CancellationToken cancellation)
    {
        IAdminClient admin = AdminClients.Build(options, NullLogger.Instance);
        try
        {
            List<DescribeConfigsResult> answers = await admin.DescribeConfigsAsync(
                [new ConfigResource { Type = ResourceType.Topic, Name = topic }], new DescribeConfigsOptions { RequestTimeout = Timeout })
                .WaitAsync(Timeout * 2, cancellation);
            Dictionary<string, ConfigEntryResult> entries = answers[0].Entries;
            return new TopicSettings(
                Number(entries, "retention.ms") is { } milliseconds ? TimeSpan.FromMilliseconds(Math.Min(milliseconds, MostMilliseconds)) : null,
                Number(entries, "retention.bytes"),
                Number(entries, "max.message.bytes") ?? long.MaxValue,
                Says(entries, "cleanup.policy", "compact"),
                Says(entries, "message.timestamp.type", "LogAppendTime"));
        }
        catch (Exception e) when (e is KafkaException or TimeoutException)
        {
            return null;
        }
        finally
        {
            // It waits for the client's threads.
            _ = Task.Run(admin.Dispose, CancellationToken.None);
        }
    }

    /// <summary>The command that lets records grow old rather than be replaced, with Kafka's own tools.</summary>
    public static string UncompactCommand(KafkaOptions options, string topic) =>
        $"kafka-configs.sh --bootstrap-server {options.BootstrapServers} --entity-type topics --entity-name {topic} --alter --add-config cleanup.policy=delete";

    private static bool Says(Dictionary<string, ConfigEntryResult> entries, string name, string word) =>
        entries.TryGetValue(name, out ConfigEntryResult? entry) && entry.Value?.Contains(word, StringComparison.Ordinal) == true;

    /// <summary>Null where it is not told, or -1, which is no limit.</summary>
    private static long? Number(Dictionary<string, ConfigEntryResult> entries, string name) =>
        entries.TryGetValue(name, out ConfigEntryResult? entry)
        && long.TryParse(entry.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
        && number >= 0 ? number : null;
}
