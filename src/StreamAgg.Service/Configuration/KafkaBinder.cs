using System.Buffers;
using StreamAgg.Core.Events;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Options;

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
            UsageTopic = reader.Judged("Kafka:UsageTopic", defaults.UsageTopic, InputFault),
            ErrorTopic = reader.Judged("Kafka:ErrorTopic", defaults.ErrorTopic, InputFault),
            RequestTopic = reader.Judged("Kafka:RequestTopic", defaults.RequestTopic, InputFault),
            DeadLetterTopic = reader.Judged("Kafka:DeadLetterTopic", defaults.DeadLetterTopic, TopicFault),
        };
        RefuseTopics(reader, options);
        foreach (var (name, value) in reader.Everything("Kafka:Client"))
            // Many shells can't export a name with dots, and no property has an underscore.
            options.Client[name.Replace('_', '.').ToLowerInvariant()] = value;
        foreach (var (key, value, message) in ClientTrial.Faults(options))
            reader.Refuse($"Kafka:{key}", value, message + ".");
        return options;
    }

    private static void RefuseTopics(SettingsReader reader, KafkaOptions options)
    {
        PipelineTopics topics = options.Topics;
        if (topics.All.Count == 0)
            reader.Refuse(
                "Kafka:RequestTopic", "",
                "there is no input topic: name one for requests of both kinds, or one each for those that succeeded and that failed.");
        foreach (EventKindNames kind in EventKinds.All)
        {
            string topic = topics[kind.Kind];
            if (topic.Length > 0 && topics.KindOf(topic) is var first && first != kind.Kind)
                reader.Refuse(
                    $"Kafka:{kind.Topic}", topic,
                    $"'{topic}' is the {first.Names().Name} topic too: the topic tells the kinds of event apart, so name two.");
        }
        string dead = options.DeadLetterTopic;
        if (topics.All.Contains(dead))
            reader.Refuse(
                "Kafka:DeadLetterTopic", dead, $"'{dead}' is an input topic too: what is refused would be read again for ever, so name another.");
    }

    /// <summary>Empty: there is none of that kind.</summary>
    private static string? InputFault(string topic) => topic.Length == 0 ? null : TopicFault(topic);

    /// <summary>The brokers' own rule, asked for here so that a slip of the pen is not taken for a missing topic.</summary>
    private static string? TopicFault(string topic) =>
        topic.Length is 0 or > 249 || topic is "." or ".." || topic.AsSpan().ContainsAnyExcept(TopicCharacters)
            ? $"'{topic}' is no topic name: 1 to 249 letters, digits, '.', '_' and '-'"
            : null;
}
