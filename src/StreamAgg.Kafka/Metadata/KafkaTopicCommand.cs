namespace StreamAgg.Kafka.Metadata;

/// <summary>The command that creates a topic with Kafka's own tools, to be told to a person.</summary>
internal readonly record struct KafkaTopicCommand(string BootstrapServers, string Topic, int Partitions)
{
    public override string ToString() =>
        $"kafka-topics.sh --bootstrap-server {BootstrapServers} --create --topic {Topic} --partitions {Partitions}";
}
