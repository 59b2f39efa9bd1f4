using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamAgg.Testing.Kafka;

/// <summary>The broker that an assembly's tests share: the best one that this machine has. Topics are named anew for every test.</summary>
public sealed class TestKafka
{
    /// <summary>Set to <c>embedded</c>, it chooses the embedded broker where there is Docker, too.</summary>
    private const string Variable = "STREAMAGG_TEST_KAFKA";

    private static readonly SemaphoreSlim Starting = new(1);
    private static readonly ConcurrentDictionary<string, IKafkaBackend> Backends = new();
    private static TestKafka? shared;
    private static int lastTopic;

    private readonly IKafkaBackend backend;

    private TestKafka(IKafkaBackend backend) => this.backend = backend;

    public string BootstrapServers => backend.BootstrapServers;

    /// <summary>The nodes, to be hurt; null where they are not ours.</summary>
    public KafkaCluster? Cluster => backend as KafkaCluster;

    private static bool IsEmbeddedChosen => Environment.GetEnvironmentVariable(Variable) == "embedded";

    /// <summary>Started at the first call, and again where it has ended by itself: that is the fault of those tests that worked with it.</summary>
    public static async Task<TestKafka> SharedAsync()
    {
        await Starting.WaitAsync();
        try
        {
            return shared is { backend.Failure: null } ? shared : shared = await StartAsync();
        }
        finally
        {
            Starting.Release();
        }
    }

    /// <summary>Ends a wait that has become vain, with the reason.</summary>
    /// <exception cref="InvalidOperationException">The brokers at these addresses ended by themselves.</exception>
    public static void ThrowIfEnded(string bootstrapServers)
    {
        if (Backends.TryGetValue(bootstrapServers, out IKafkaBackend? backend) && backend.Failure is { } failure)
            throw new InvalidOperationException(failure);
    }

    /// <summary>Every one that was started here.</summary>
    public static async ValueTask EndAsync()
    {
        foreach (IKafkaBackend started in Backends.Values)
            await started.DisposeAsync();
    }

    public bool Supports(KafkaFeature feature) => backend.Supports(feature);

    /// <summary>Why a test that needs the feature is skipped.</summary>
    public string Lacks(KafkaFeature feature) => $"{backend.Description} has no {feature}: name an Apache Kafka by KAFKA_HOME";

    public static string NewName(string stem) => $"{stem}-{Environment.ProcessId}-{Interlocked.Increment(ref lastTopic)}";

    /// <returns>The topic's name, which no other test has.</returns>
    public async Task<string> NewTopicAsync(string stem, int partitions, params (string Name, string Value)[] settings)
    {
        string topic = NewName(stem);
        await CreateTopicAsync(topic, partitions, settings);
        return topic;
    }

    public Task CreateTopicAsync(string topic, int partitions, params (string Name, string Value)[] settings) =>
        backend.CreateTopicAsync(topic, partitions, settings.ToDictionary(setting => setting.Name, setting => setting.Value));

    public async Task AddPartitionsAsync(string topic, int total)
    {
        using IAdminClient admin = Admin();
        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = total }]);
    }

    public async Task DeleteTopicAsync(string topic)
    {
        using IAdminClient admin = Admin();
        await admin.DeleteTopicsAsync([topic]);
        while (admin.GetMetadata(TimeSpan.FromSeconds(5)).Topics.Exists(known => known.Topic == topic))
            await Task.Delay(50);
    }

    /// <summary>Records below <paramref name="before"/> are gone then, as if they had expired.</summary>
    public async Task DeleteRecordsAsync(string topic, int partition, long before)
    {
        using IAdminClient admin = Admin();
        await admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, partition, before)]);
    }

    public IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).SetLogHandler((_, _) => { }).Build();

    public IProducer<byte[], byte[]> Producer(params (string Name, string Value)[] settings)
    {
        var config = new ProducerConfig { BootstrapServers = BootstrapServers, LingerMs = 2 };
        foreach ((string name, string value) in settings)
            config.Set(name, value);

        return new ProducerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
    }

    /// <summary>An embedded broker of the test's own.</summary>
    public static async Task<TestKafka> EmbeddedAsync() => Keep(await EmbeddedBackend.StartAsync());

    private static async Task<TestKafka> StartAsync()
    {
        IKafkaBackend best = KafkaCluster.Home is not null ? await KafkaCluster.StartAsync()
            : !IsEmbeddedChosen && await ContainerBackend.TryStartAsync() is { } container ? container
            : await EmbeddedBackend.StartAsync();
        Console.WriteLine($"Kafka for these tests: {best.Description}");
        return Keep(best);
    }

    private static TestKafka Keep(IKafkaBackend backend)
    {
        Backends[backend.BootstrapServers] = backend;
        return new TestKafka(backend);
    }
}
