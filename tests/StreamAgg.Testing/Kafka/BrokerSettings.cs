namespace StreamAgg.Testing.Kafka;

/// <summary>What a real broker is set to for tests, wherever it runs.</summary>
internal static class BrokerSettings
{
    public static readonly IReadOnlyDictionary<string, string> Common = new Dictionary<string, string>
    {
        ["transaction.state.log.min.isr"] = "1",
        ["share.coordinator.state.topic.min.isr"] = "1",
        ["min.insync.replicas"] = "1",
        ["offsets.topic.num.partitions"] = "1",
        ["transaction.state.log.num.partitions"] = "1",
        ["group.initial.rebalance.delay.ms"] = "0",
        ["group.min.session.timeout.ms"] = "1000",
        ["group.consumer.min.session.timeout.ms"] = "1000",
        ["group.consumer.session.timeout.ms"] = "6000",
        ["group.consumer.min.heartbeat.interval.ms"] = "500",
        ["group.consumer.heartbeat.interval.ms"] = "1000",

        // Three seconds without a sign of life, not nine, and a broker's partitions are led by others or by nobody.
        ["broker.heartbeat.interval.ms"] = "500",
        ["broker.session.timeout.ms"] = "3000",
        ["auto.create.topics.enable"] = "false",
        // Of 128 MB by default, which a broker fills with zeros when it starts.
        ["log.cleaner.dedupe.buffer.size"] = "4194304",
        ["log.flush.interval.messages"] = "9223372036854775807",
        ["log.retention.check.interval.ms"] = "1000",

        // Retention goes by the records' timestamps, which are months old in many tests; a test that wants records to expire says so.
        ["log.retention.ms"] = "-1",
    };
}
