using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Metadata;

/// <summary>Builds the clients that only ask.</summary>
internal static class AdminClients
{
    /// <exception cref="LogFatalException">The settings can't be used together.</exception>
    public static IAdminClient Build(KafkaOptions options, ILogger logger, ConnectionWatch? watch = null)
    {
        var lines = new ClientLines(logger, watch: watch);
        try
        {
            return new AdminClientBuilder(ClientSettings.Admin(options))
                .SetLogHandler(lines.OnLog)
                .SetErrorHandler((_, error) => lines.OnError(error))
                .Build();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or KafkaException)
        {
            throw new LogFatalException($"The Kafka client refuses its settings: {e.Message}. Correct Kafka:Client.", e);
        }
    }
}
