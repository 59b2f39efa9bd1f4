using System.Runtime.InteropServices;
using StreamAgg.Librdkafka;

namespace StreamAgg.Embedded.Kafka;

/// <summary>Kafka brokers inside this process, on real TCP ports of the loopback: librdkafka's own test cluster. For the demo and tests.</summary>
/// <remarks>
/// It keeps everything in memory, at most 5 MB or 100,000 batches a partition, and then drops the oldest: right for readers that keep
/// up. It knows groups, topic ids, offsets and leader epochs; it does not create topics for clients, nor alter or delete them.
/// Safe from any thread.
/// </remarks>
public sealed unsafe class EmbeddedBroker : IDisposable
{
    private const int TextSize = 512;
    private readonly nint client;
    private readonly nint cluster;
    private int isDisposed;

    /// <param name="brokers">1 or more.</param>
    /// <exception cref="InvalidOperationException">The cluster did not start; the message is the library's.</exception>
    public EmbeddedBroker(int brokers = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(brokers, 1);
        LibrdkafkaLibrary.EnsureLoaded();
        BrokerCount = brokers;
        byte* text = stackalloc byte[TextSize];
        nint configuration = MockClusterMethods.ConfigurationNew();
        Set(configuration, "test.mock.num.brokers", $"{brokers}", text);

        // Errors only: the client's own lines would tell of its test cluster at every start.
        Set(configuration, "log_level", "3", text);
        client = MockClusterMethods.ClientNew(MockClusterMethods.Producer, configuration, text, TextSize);
        if (client == 0)
            throw new InvalidOperationException($"The embedded broker did not start: {Text(text)}");

        cluster = MockClusterMethods.ClusterOf(client);
        MockClusterMethods.InitialRebalanceDelay(cluster, 0);

        // Without a controller, administrative questions (which topics there are) wait for one until they time out.
        MockClusterMethods.SetController(cluster, 1);
        BootstrapServers = Text(MockClusterMethods.Bootstraps(cluster));
    }

    public string BootstrapServers { get; }

    public int BrokerCount { get; }

    /// <exception cref="InvalidOperationException">The topic is there already, or its name is none.</exception>
    public void CreateTopic(string name, int partitions) =>
        Check(MockClusterMethods.TopicCreate(cluster, name, partitions, Math.Min(BrokerCount, 3)), $"create topic {name}");

    /// <summary>Everything that was written is gone then.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 0)
            MockClusterMethods.ClientDestroy(client);
    }

    private static void Set(nint configuration, string name, string value, byte* text)
    {
        if (MockClusterMethods.ConfigurationSet(configuration, name, value, text, TextSize) != 0)
            throw new InvalidOperationException($"The embedded broker can't be configured: {Text(text)}");
    }

    private static void Check(int error, string action)
    {
        if (error != 0)
            throw new InvalidOperationException($"The embedded broker could not {action}: {Text(MockClusterMethods.ErrorText(error))}");
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
