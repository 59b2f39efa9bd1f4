using System.Buffers;
using StreamAgg.Kafka.Options;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Kafka</c>; librdkafka's properties are judged by the client itself.</summary>
internal static class KafkaBinder
{
    private static readonly SearchValues<char> TopicCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static KafkaOptions Bind(SettingsReader reader)
    {
        var defaults = new KafkaOptions();
        var options = new KafkaOptions
        {
            BootstrapServers = reader.Text(
                "Kafka:BootstrapServers", defaults.BootstrapServers, "allowed is host:port, or several with commas between them", ServerList.IsValid),
            GroupId = reader.Text(
                "Kafka:GroupId", defaults.GroupId, "allowed are 1 to 255 characters", text => text.Trim().Length > 0 && text.Length <= 255),
            CreateTopics = reader.Switch("Kafka:CreateTopics", defaults.CreateTopics),
            UsageTopic = reader.Judged("Kafka:UsageTopic", defaults.UsageTopic, TopicFault),
            ErrorTopic = reader.Judged("Kafka:ErrorTopic", defaults.ErrorTopic, TopicFault),
            DeadLetterTopic = reader.Judged("Kafka:DeadLetterTopic", defaults.DeadLetterTopic, TopicFault),
        };
        string usage = options.UsageTopic, error = options.ErrorTopic, dead = options.DeadLetterTopic;
        if (usage == error)
            reader.Refuse("Kafka:ErrorTopic", error, $"'{error}' is the usage topic too: the topic tells the two kinds of event apart, so name two.");
        if (dead == usage || dead == error)
            reader.Refuse(
                "Kafka:DeadLetterTopic", dead, $"'{dead}' is an input topic too: what is refused would be read again for ever, so name another.");
        foreach (var (name, value) in reader.Everything("Kafka:Client"))
            // Many shells can't export a name with dots, and no property has an underscore.
            options.Client[name.Replace('_', '.').ToLowerInvariant()] = value;
        foreach (var (key, value, message) in ClientTrial.Faults(options))
            reader.Refuse($"Kafka:{key}", value, message + ".");
        return options;
    }

    /// <summary>The brokers' own rule, asked for here so that a slip of the pen is not taken for a missing topic.</summary>
    private static string? TopicFault(string topic) =>
        topic.Length is 0 or > 249 || topic is "." or ".." || topic.AsSpan().ContainsAnyExcept(TopicCharacters)
            ? $"'{topic}' is no topic name: 1 to 249 letters, digits, '.', '_' and '-'"
            : null;
}
