using StreamAgg.Kafka.Options;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Kafka</c>; names and librdkafka's properties are judged where they are used.</summary>
internal static class KafkaBinder
{
    private const string ClientPrefix = "Kafka:Client";

    public static KafkaOptions Bind(SettingsReader reader)
    {
        var options = new KafkaOptions();
        options.BootstrapServers = reader.Text(
            "Kafka:BootstrapServers", options.BootstrapServers, "allowed is host:port, or several with commas between them", ServerList.IsValid);
        options.GroupId = reader.Text("Kafka:GroupId", options.GroupId, "allowed are 1 to 255 characters", text => text.Trim().Length > 0 && text.Length <= 255);
        options.UsageTopic = reader.Text("Kafka:UsageTopic", options.UsageTopic);
        options.ErrorTopic = reader.Text("Kafka:ErrorTopic", options.ErrorTopic);
        options.DeadLetterTopic = reader.Text("Kafka:DeadLetterTopic", options.DeadLetterTopic);
        options.CreateTopics = reader.Switch("Kafka:CreateTopics", options.CreateTopics);
        foreach (var (name, value) in reader.Everything(ClientPrefix))
            // Many shells can't export a name with dots, and no property has an underscore.
            options.Client[name.Replace('_', '.').ToLowerInvariant()] = value;
        foreach (var (key, message) in options.Validate())
            reader.Refuse($"Kafka:{key}", message.StartsWith(KafkaOptions.UnknownProperty, StringComparison.Ordinal) ? null : ValueOf(options, key), message + ".");
        return options;
    }

    private static string? ValueOf(KafkaOptions options, string key) => key switch
    {
        nameof(KafkaOptions.UsageTopic) => options.UsageTopic,
        nameof(KafkaOptions.ErrorTopic) => options.ErrorTopic,
        nameof(KafkaOptions.DeadLetterTopic) => options.DeadLetterTopic,
        nameof(KafkaOptions.Client) => string.Join(", ", options.Client.Keys),
        _ => options.Client.TryGetValue(key[(key.IndexOf(':', StringComparison.Ordinal) + 1)..], out string? value) ? value : null,
    };
}
