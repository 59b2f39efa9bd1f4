using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Logging;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <summary>A client that reads what it is assigned, outside any group.</summary>
internal static class ReaderClient
{
    /// <summary>Silence of the brokers that is taken for their absence.</summary>
    public static readonly TimeSpan SilenceTimeout = TimeSpan.FromSeconds(30);

    /// <param name="settings">From <see cref="Options.ClientSettings.Reader"/>.</param>
    /// <param name="logger">Takes the client's own lines.</param>
    /// <exception cref="LogFatalException">The settings can't be used together.</exception>
    public static IConsumer<byte[]?, byte[]?> Build(Dictionary<string, string> settings, ILogger logger)
    {
        var lines = new ClientLines(logger);
        try
        {
            return new ConsumerBuilder<byte[]?, byte[]?>(settings)
                .SetKeyDeserializer(Deserializers.ByteArray!)
                .SetValueDeserializer(Deserializers.ByteArray!)
                .SetLogHandler(lines.OnLog)
                .SetErrorHandler((_, error) => lines.OnError(error))
                .Build();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or KafkaException)
        {
            throw new LogFatalException($"The Kafka client refuses its settings: {e.Message}. Correct Kafka:Client.", e);
        }
    }

    public static LogUnavailableException Silent(SourcePartition partition) =>
        new($"Kafka sent nothing of {partition} for {SilenceTimeout.TotalSeconds} s");
}
