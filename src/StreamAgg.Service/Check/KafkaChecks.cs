using System.Globalization;
using StreamAgg.Core.Time;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Pipeline.Log;
using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Check;

/// <summary>What must be so of Kafka.</summary>
internal sealed class KafkaChecks(Settings settings, CheckServers servers, TimeProvider clock)
{
    public const string Server = "Kafka";

    private const string NotTold = "the brokers do not tell";
    private const string SettingsNotTold = "the brokers do not tell (it takes DESCRIBE_CONFIGS, which `run` does without)";

    private static readonly Diagnosis Silence = new(
        $"Kafka gave no answer within {CheckRun.AnswerTimeout.TotalSeconds:0} s.", "Start Kafka, or correct StreamAgg:Kafka:BootstrapServers.");

    public string Group => $"group {settings.Kafka.GroupId}";

    public IReadOnlyList<string> Inputs => [.. settings.Topics.All.Select(NameOf)];

    public IEnumerable<Precondition> All =>
    [
        new(Server, [], ServerAsync, Silence),
        .. settings.Topics.All.SelectMany(topic => (Precondition[])
        [
            new(NameOf(topic), [Server], stop => TopicAsync(topic, stop), Silence),
            new($"right to read {topic}", [Server, NameOf(topic)], stop => RightAsync(TopicRight.Read, topic, stop), Silence),
            new($"clock that stamps {topic}", [Server, NameOf(topic)], stop => ClockAsync(topic, stop), Silence),
            new($"retention of {topic}", [Server, NameOf(topic)], stop => RetentionAsync(topic, stop), Silence),
        ]),
        new(NameOf(DeadLetters), [Server], stop => TopicAsync(DeadLetters, stop), Silence),
        new($"right to write {DeadLetters}", [Server, NameOf(DeadLetters)], stop => RightAsync(TopicRight.Write, DeadLetters, stop), Silence),
        new($"letters in {DeadLetters}", [Server, NameOf(DeadLetters)], LettersAsync, Silence),
        new(Group, [Server], GroupAsync, Silence),
    ];

    private string DeadLetters => settings.Kafka.DeadLetterTopic;

    private static string NameOf(string topic) => $"topic {topic}";

    private async Task<Finding> ServerAsync(CancellationToken cancellation)
    {
        try
        {
            await servers.Metadata.DescribeAsync(settings.Topics.All, cancellation);
        }
        catch (LogFatalException)
        {
            // To refuse is to answer: which topic it is stands in that topic's own line.
        }

        return Finding.Ok($"answers at {settings.Kafka.BootstrapServers}");
    }

    private async Task<Finding> TopicAsync(string topic, CancellationToken cancellation)
    {
        if (await servers.Topics.CheckAsync(topic, cancellation) is not { } details)
            return Finding.Later("it is not there, and `run` may and will create it");
        var partitions = PartitionsOf(topic, details);
        var ends = await servers.Metadata.EndOffsetsAsync(partitions, cancellation);
        string leaderless = string.Join(", ", partitions.Where(partition => !ends.ContainsKey(partition)).Select(partition => partition.Partition));
        return leaderless.Length == 0
            ? Finding.Ok($"{details.PartitionCount} {(details.PartitionCount == 1 ? "partition" : "partitions")}")
            : Finding.Failed(new(
                $"of its {details.PartitionCount} partitions {leaderless} can't be reached: no broker leads them.",
                $"Start the brokers that kafka-topics.sh --bootstrap-server {settings.Kafka.BootstrapServers} --describe --topic {topic} names."));
    }

    private async Task<Finding> RightAsync(TopicRight right, string topic, CancellationToken cancellation) =>
        await servers.Metadata.MayAsync(right, topic, cancellation) switch
        {
            true => Finding.Ok("granted"),
            false => Finding.Failed(RefusedRight.Lacking(settings.Kafka, right == TopicRight.Read ? "READ" : "WRITE", "topic", topic)),
            null => Finding.Ok(NotTold),
        };

    /// <summary>Kafka tells no time but that of its records: a producer's, whose events count all the same, or the broker's own.</summary>
    private async Task<Finding> ClockAsync(string topic, CancellationToken cancellation)
    {
        var details = (await servers.Metadata.DescribeAsync([topic], cancellation))[topic];
        if (await servers.Metadata.NewestTimestampAsync(PartitionsOf(topic, details), cancellation) is not { } newest)
            return Finding.Ok("no record tells its time");
        var ahead = newest - Instant.FromUtc(clock.GetUtcNow().UtcDateTime);
        if (ahead <= ClockLimit.Of(settings))
            return Finding.Ok($"the newest record is of {newest}");
        bool isBroker = await TopicSettings.AskAsync(settings.Kafka, topic, cancellation) is { IsStampedByBroker: true };
        string detail = $"a record is of {newest}, {Text(ahead)} ahead of this machine's clock";
        return isBroker
            ? Finding.Failed(new($"{detail}, by the broker's.", ClockLimit.Remedy))
            : Finding.Ok($"{detail}: its producer's may be wrong, and no hour closes by such a time before the clock has reached it");
    }

    private async Task<Finding> RetentionAsync(string topic, CancellationToken cancellation) =>
        await TopicSettings.AskAsync(settings.Kafka, topic, cancellation) switch
        {
            null => Finding.Ok(SettingsNotTold),
            { IsCompacted: true } => Finding.Failed(new(
                "it is compacted (cleanup.policy): events of a key that comes again are gone before they are read.",
                TopicSettings.UncompactCommand(settings.Kafka, topic))),
            { Retention: null, RetentionBytes: null } => Finding.Ok("records are kept for ever"),
            { Retention: var time, RetentionBytes: var bytes } => Finding.Ok(
                $"records are kept for {Text(time)}{(bytes is { } most ? $" and up to {Text(most)} bytes a partition" : "")}: "
                + "an outage that is longer is a gap"),
        };

    private async Task<Finding> LettersAsync(CancellationToken cancellation) =>
        await TopicSettings.AskAsync(settings.Kafka, DeadLetters, cancellation) switch
        {
            null => Finding.Ok(SettingsNotTold),
            { IsCompacted: true } => Finding.Failed(new(
                "it is compacted (cleanup.policy): a letter without a key is refused, and ends `run`.",
                TopicSettings.UncompactCommand(settings.Kafka, DeadLetters))),
            { MaxMessageBytes: var most } => Finding.Ok($"up to {Text(most)} bytes each (max.message.bytes): the value of a longer one is cut"),
        };

    private async Task<Finding> GroupAsync(CancellationToken cancellation)
    {
        if (await servers.Group.CheckAsync(cancellation) is not { } group)
            return Finding.Ok(NotTold);
        string others = string.Join(
            ", ", group.Assigned.Select(partition => partition.Topic).Except(settings.Topics.All).Order(StringComparer.Ordinal));
        return others.Length == 0
            ? Finding.Ok(group.Members == 0 ? "nobody is in it now" : $"{group.Members} {(group.Members == 1 ? "member" : "members")} now")
            : Finding.Failed(new(
                $"its members read {others} too: it is another application's.", "Set StreamAgg:Kafka:GroupId to a name of this deployment's own."));
    }

    private static List<SourcePartition> PartitionsOf(string topic, TopicDetails details) =>
        [.. Enumerable.Range(0, details.PartitionCount).Select(partition => new SourcePartition(topic, partition))];

    private static string Text(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Text(TimeSpan? time) => time switch
    {
        null => "ever",
        { TotalDays: >= 1 } days => $"{days.TotalDays.ToString("0.#", CultureInfo.InvariantCulture)} days",
        { } hours => hours.ToString("c", CultureInfo.InvariantCulture),
    };
}
