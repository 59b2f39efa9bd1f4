using System.Globalization;

namespace StreamAgg.Kafka.Options;

/// <summary>The properties that each client is built with: what correctness needs, then what the user chose, then what is merely wise.</summary>
internal static class ClientSettings
{
    public const string AssignmentStrategy = "partition.assignment.strategy";
    public const string CooperativeSticky = "cooperative-sticky";
    public const string GroupInstanceId = "group.instance.id";
    private const string GroupProtocol = "group.protocol";

    /// <summary>Read ahead, over all members of the process: librdkafka adds some 400 bytes a record to the bytes that it counts.</summary>
    /// <remarks>
    /// A record is written by one thread and read and freed by another: what lies between them had better fit into their caches
    /// (docs/performance.md).
    /// </remarks>
    private const int ReadAheadKilobytes = 4 * 1024;
    private const int ReadAheadRecords = 16_000;

    /// <summary>
    /// An answer to a fetch, over all its partitions, still compressed: the bound on the queue is looked at between answers, and what
    /// one of them unpacks to comes on top. The client's own default is 50 MB, and 24 partitions of small records then took 350 MB.
    /// </summary>
    private const int FetchBytes = 2 << 20;

    /// <summary>The coordinator of the new protocol decides on these; the client refuses to start where they are set.</summary>
    private static readonly string[] ClassicOnly = [AssignmentStrategy, "session.timeout.ms", "heartbeat.interval.ms", "group.protocol.type"];

    /// <summary>What a user may not set, and why; null where he may.</summary>
    public static string? WhyReserved(string name) => name switch
    {
        "bootstrap.servers" or "metadata.broker.list" => "is set by Kafka:BootstrapServers: use that key",
        "group.id" => "is set by Kafka:GroupId: use that key",
        "enable.auto.commit" or "enable.auto.offset.store" or "auto.offset.reset" or "enable.partition.eof" or "enable.idempotence" or "acks"
            or "request.required.acks" or "transactional.id"
            => "is decided by the service, whose exactness rests on it: leave it out",
        "consume.callback.max.messages" or "plugin.library.paths" or "rebalance_cb" or "consume_cb" => "can't be used here: leave it out",
        _ => null,
    };

    /// <param name="member">This member's number within the process, from 0.</param>
    /// <param name="members">How many the process has: they share the memory for reading ahead.</param>
    public static Dictionary<string, string> Consumer(KafkaOptions options, int member, int members)
    {
        Dictionary<string, string> settings = Common(options);
        settings["group.id"] = options.GroupId;
        settings["enable.auto.commit"] = "false";
        settings["enable.auto.offset.store"] = "false";

        // A silent jump would be a silent loss: out of range is reported and decided on by the caller.
        settings["auto.offset.reset"] = "error";
        settings["enable.partition.eof"] = "true";
        Default(settings, "allow.auto.create.topics", "false");
        Default(settings, "isolation.level", "read_committed");

        // New partitions are seen within half a minute, not within five.
        Default(settings, "topic.metadata.refresh.interval.ms", "30000");

        // A short queue needs a short pause when it is full, or throughput sits at what one filling a second brings.
        Default(settings, "queued.max.messages.kbytes", Share(ReadAheadKilobytes, members, least: 1024));
        Default(settings, "queued.min.messages", Share(ReadAheadRecords, members, least: 4000));
        Default(settings, "fetch.queue.backoff.ms", "2");
        Default(settings, "fetch.max.bytes", FetchBytes.ToString(CultureInfo.InvariantCulture));
        Default(settings, "fetch.message.max.bytes", "524288", alias: "max.partition.fetch.bytes");

        if (IsConsumerProtocol(settings))
        {
            foreach (string name in ClassicOnly)
                settings.Remove(name);
        }
        else
        {
            Default(settings, AssignmentStrategy, CooperativeSticky);
        }

        if (members > 1 && settings.TryGetValue(GroupInstanceId, out string? instance))
        {
            // One id, one member: the second holder would fence the first.
            settings[GroupInstanceId] = $"{instance}-{member}";
        }

        return settings;
    }

    public static Dictionary<string, string> Admin(KafkaOptions options)
    {
        Dictionary<string, string> settings = Common(options);
        OnlyCommon(settings);

        // Brokers that create topics when asked for them would otherwise bring back, with one partition, a topic that was deleted.
        settings["allow.auto.create.topics"] = "false";
        return settings;
    }

    public static Dictionary<string, string> Producer(KafkaOptions options)
    {
        Dictionary<string, string> settings = Common(options);
        OnlyCommon(settings);
        settings["enable.idempotence"] = "true";
        settings["acks"] = "all";

        // A letter is never given up: no time-out, no bound of the client's own (the reader holds itself against PendingBytes).
        settings["message.timeout.ms"] = "0";
        settings["queue.buffering.max.messages"] = "0";
        settings["queue.buffering.max.kbytes"] = "2147483647";
        settings["message.max.bytes"] = "16000000";
        settings["linger.ms"] = "5";
        return settings;
    }

    /// <summary>Reads by explicit assignment, outside any group.</summary>
    public static Dictionary<string, string> Reader(KafkaOptions options)
    {
        Dictionary<string, string> settings = Common(options);
        OnlyCommon(settings);
        settings["group.id"] = options.GroupId;
        settings["enable.auto.commit"] = "false";
        settings["enable.auto.offset.store"] = "false";
        settings["auto.offset.reset"] = "error";
        settings["enable.partition.eof"] = "true";
        settings["queued.max.messages.kbytes"] = "16384";
        settings["fetch.queue.backoff.ms"] = "10";
        return settings;
    }

    private static Dictionary<string, string> Common(KafkaOptions options)
    {
        var settings = new Dictionary<string, string>(options.Client, StringComparer.Ordinal) { ["bootstrap.servers"] = options.BootstrapServers };
        Default(settings, "client.id", "streamagg");
        Default(settings, "socket.keepalive.enable", "true");
        Default(settings, "reconnect.backoff.max.ms", "2000");
        return settings;
    }

    /// <summary>Takes the consumer's properties out: another client would warn of each.</summary>
    private static void OnlyCommon(Dictionary<string, string> settings)
    {
        foreach (string name in settings.Keys.Where(IsConsumers).ToList())
            settings.Remove(name);
    }

    private static bool IsConsumers(string name) =>
        name.StartsWith("group.", StringComparison.Ordinal) || name.StartsWith("fetch.", StringComparison.Ordinal)
        || name.StartsWith("queued.", StringComparison.Ordinal)
        || name is AssignmentStrategy or "session.timeout.ms" or "heartbeat.interval.ms" or "max.poll.interval.ms" or "isolation.level"
            or "max.partition.fetch.bytes" or "check.crcs" or "client.rack" or "coordinator.query.interval.ms";

    private static bool IsConsumerProtocol(Dictionary<string, string> settings) =>
        settings.TryGetValue(GroupProtocol, out string? protocol) && protocol.Equals("consumer", StringComparison.OrdinalIgnoreCase);

    private static void Default(Dictionary<string, string> settings, string name, string value, string? alias = null)
    {
        if (alias is null || !settings.ContainsKey(alias))
            settings.TryAdd(name, value);
    }

    private static string Share(int total, int members, int least) => Math.Max(total / members, least).ToString();
}
