using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Docker.DotNet;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using Testcontainers.Kafka;

namespace StreamAgg.Testing.Kafka;

/// <summary>Apache Kafka in a container, where a Docker engine answers and the image can be had.</summary>
internal sealed class ContainerBackend : IKafkaBackend
{
    /// <summary>For the image to come over the network, too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly KafkaContainer container;

    private ContainerBackend(KafkaContainer container, string image)
    {
        this.container = container;
        Description = $"{image} in a container";
    }

    public string Description { get; }

    /// <summary>Without the scheme that it is told with, which is none of Kafka's own.</summary>
    public string BootstrapServers => new Uri(container.GetBootstrapAddress()).Authority;

    /// <returns>Null where no Docker answers, and, with a line that says why, where it can't start the image.</returns>
    public static async Task<ContainerBackend?> TryStartAsync()
    {
        string image = ComposeFile.Image("apache/kafka");
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var settings = BrokerSettings.Common.ToDictionary(setting => $"KAFKA_{setting.Key.ToUpperInvariant().Replace('.', '_')}", setting => setting.Value);
            KafkaContainer broker = new KafkaBuilder(image).WithEnvironment(settings).Build();
            await broker.StartAsync(patience.Token);
            return new ContainerBackend(broker, image);
        }
        catch (DockerUnavailableException)
        {
            return null;
        }
        catch (Exception e) when (e is DockerApiException or ContainerNotRunningException or HttpRequestException or TimeoutException or OperationCanceledException)
        {
            Console.WriteLine($"Docker answers, but {image} could not be started: {e.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    public bool Supports(KafkaFeature feature) => feature is not (KafkaFeature.NodeFaults or KafkaFeature.SecureListener);

    public async Task CreateTopicAsync(string topic, int partitions, IReadOnlyDictionary<string, string> settings)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).SetLogHandler((_, _) => { }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1, Configs = settings.ToDictionary() }]);
        await KafkaCluster.AppearAsync(admin, topic);
    }

    public ValueTask DisposeAsync() => container.DisposeAsync();
}
