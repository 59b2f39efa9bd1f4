using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamAgg.Testing.Kafka;

/// <summary>Apache Kafka on this machine's Java: one to three nodes, each broker and controller, on free ports, data in a folder of its own.</summary>
public sealed class KafkaCluster : IKafkaBackend
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(180);

    private readonly string home;
    private readonly string folder;
    private readonly int[] ports;
    private readonly ChildProcess?[] nodes;
    private readonly SecureListener? secure;

    private KafkaCluster(string home, string folder, int nodeCount, SecureListener? secure)
    {
        this.home = home;
        this.folder = folder;
        this.secure = secure;
        ports = FreePorts(nodeCount * 3);
        nodes = new ChildProcess?[nodeCount];
        BootstrapServers = string.Join(',', Enumerable.Range(0, nodeCount).Select(node => $"127.0.0.1:{ports[node]}"));
    }

    /// <summary>Null where <c>KAFKA_HOME</c> names no folder with <c>libs/*.jar</c>.</summary>
    public static string? Home
    {
        get
        {
            string? named = Environment.GetEnvironmentVariable("KAFKA_HOME");
            return named is not null && Directory.Exists(Path.Combine(named, "libs")) && Directory.GetFiles(Path.Combine(named, "libs"), "kafka*.jar").Length > 0
                ? named
                : null;
        }
    }

    public string BootstrapServers { get; }

    /// <summary>Where it speaks TLS, and asks for a login; for a cluster that was started so.</summary>
    public string SecureBootstrapServers => $"{SecureListener.Host}:{ports[2 * nodes.Length]}";

    string IKafkaBackend.Description => $"Apache Kafka from {home}, {nodes.Length} node(s)";

    /// <param name="nodeCount">1 to 3.</param>
    /// <param name="settings">Broker properties beyond the usual ones.</param>
    /// <param name="secure">One more listener of each node.</param>
    public static async Task<KafkaCluster> StartAsync(int nodeCount = 1, IReadOnlyDictionary<string, string>? settings = null, SecureListener? secure = null)
    {
        string found = Home ?? throw new InvalidOperationException("KAFKA_HOME names no folder with libs/kafka*.jar");
        var cluster = new KafkaCluster(found, Directory.CreateTempSubdirectory("streamagg-kafka-").FullName, nodeCount, secure);
        cluster.Configure(settings ?? new Dictionary<string, string>());
        string id = Convert.ToBase64String(Guid.NewGuid().ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        await Task.WhenAll(Enumerable.Range(0, nodeCount).Select(node => cluster.FormatAsync(node, id)));
        for (int node = 0; node < nodeCount; node++)
            cluster.Launch(node);

        await cluster.WaitUntilReadyAsync();
        if (secure is not null)
        {
            using IAdminClient admin = cluster.Admin();
            await secure.AddUserAsync(admin);
        }

        return cluster;
    }

    public bool Supports(KafkaFeature feature) => true;

    /// <summary>SIGKILL: the node's data stay.</summary>
    public void Kill(int node = 0)
    {
        nodes[node]?.Dispose();
        nodes[node] = null;
    }

    /// <summary>Starts a killed node again with its data, on its ports.</summary>
    public async Task RestartAsync(int node = 0)
    {
        Kill(node);
        Launch(node);
        await WaitUntilReadyAsync();
    }

    /// <summary>SIGSTOP: connections stay open and nothing answers.</summary>
    public void Freeze(int node = 0) => nodes[node]?.Freeze();

    public void Thaw(int node = 0) => nodes[node]?.Thaw();

    public async Task CreateTopicAsync(string topic, int partitions, IReadOnlyDictionary<string, string> settings)
    {
        using IAdminClient admin = Admin();
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = topic,
            NumPartitions = partitions,
            ReplicationFactor = (short)nodes.Length,
            Configs = settings.ToDictionary(),
        }]);
        await AppearAsync(admin, topic);
    }

    /// <summary>The controller knows a topic before the brokers tell of it.</summary>
    public static async Task AppearAsync(IAdminClient admin, string topic)
    {
        while (!admin.GetMetadata(TimeSpan.FromSeconds(5)).Topics.Exists(known => known.Topic == topic && known.Error.Code == ErrorCode.NoError))
            await Task.Delay(50);
    }

    public ValueTask DisposeAsync()
    {
        for (int node = 0; node < nodes.Length; node++)
            Kill(node);

        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);

        return ValueTask.CompletedTask;
    }

    private IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).SetLogHandler((_, _) => { }).Build();

    private void Configure(IReadOnlyDictionary<string, string> settings)
    {
        string voters = string.Join(',', nodes.Select((_, node) => $"{node + 1}@127.0.0.1:{ports[nodes.Length + node]}"));
        for (int node = 0; node < nodes.Length; node++)
        {
            Directory.CreateDirectory(Path.Combine(Folder(node), "data"));
            var lines = new Dictionary<string, string>
            {
                ["process.roles"] = "broker,controller",
                ["node.id"] = $"{node + 1}",
                ["controller.quorum.voters"] = voters,
                ["controller.listener.names"] = "CONTROLLER",
                ["inter.broker.listener.name"] = "PLAINTEXT",
                ["listener.security.protocol.map"] = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                ["listeners"] = $"PLAINTEXT://127.0.0.1:{ports[node]},CONTROLLER://127.0.0.1:{ports[nodes.Length + node]}",
                ["advertised.listeners"] = $"PLAINTEXT://127.0.0.1:{ports[node]}",
                ["log.dirs"] = Path.Combine(Folder(node), "data"),
                ["offsets.topic.replication.factor"] = $"{nodes.Length}",
                ["transaction.state.log.replication.factor"] = $"{nodes.Length}",
                ["share.coordinator.state.topic.replication.factor"] = $"{nodes.Length}",
            };
            secure?.AddTo(lines, ports[(2 * nodes.Length) + node], Folder(node));
            foreach ((string name, string value) in BrokerSettings.Common.Concat(settings))
                lines[name] = value;

            File.WriteAllLines(PropertiesOf(node), lines.Select(line => $"{line.Key}={line.Value}"));
        }
    }

    private async Task FormatAsync(int node, string clusterId)
    {
        string output = Path.Combine(Folder(node), "format.log");
        using ChildProcess format = Java(output, "-Xmx128m", "kafka.tools.StorageTool", ["format", $"--cluster-id={clusterId}", "-c", PropertiesOf(node)]);
        long started = Stopwatch.GetTimestamp();
        while (!File.Exists(Path.Combine(Folder(node), "data", "meta.properties")) || format.IsAlive)
        {
            if (!format.IsAlive || Stopwatch.GetElapsedTime(started) > StartTimeout)
                throw new InvalidOperationException($"Kafka's storage could not be formatted: {await File.ReadAllTextAsync(output)}");

            await Task.Delay(50);
        }
    }

    private void Launch(int node) => nodes[node] = Java(Path.Combine(Folder(node), "server.log"), "-Xmx512m", "kafka.Kafka", [PropertiesOf(node)]);

    private ChildProcess Java(string output, string heap, string mainClass, string[] arguments) =>
        ChildProcess.Start(output, "java", [heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", Path.Combine(home, "libs", "*"), mainClass, .. arguments]);

    /// <summary>Every living node answers and knows all living nodes.</summary>
    private async Task WaitUntilReadyAsync()
    {
        long started = Stopwatch.GetTimestamp();
        int living = nodes.Count(node => node is not null);
        using IAdminClient admin = Admin();
        while (true)
        {
            try
            {
                if (admin.GetMetadata(TimeSpan.FromSeconds(2)).Brokers.Count >= living)
                    return;
            }
            catch (KafkaException) when (Stopwatch.GetElapsedTime(started) < StartTimeout)
            {
                // Not there yet.
            }

            for (int node = 0; node < nodes.Length; node++)
            {
                if (nodes[node] is { IsAlive: false } || Stopwatch.GetElapsedTime(started) > StartTimeout)
                    throw new InvalidOperationException($"Kafka did not start: {await File.ReadAllTextAsync(Path.Combine(Folder(node), "server.log"))}");
            }

            await Task.Delay(100);
        }
    }

    private string Folder(int node) => Path.Combine(folder, $"node{node + 1}");

    private string PropertiesOf(int node) => Path.Combine(Folder(node), "server.properties");

    private static int[] FreePorts(int count)
    {
        List<TcpListener> listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        listeners.ForEach(listener => listener.Start());
        int[] free = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Stop());
        return free;
    }
}
