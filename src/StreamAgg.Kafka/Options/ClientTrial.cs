using StreamAgg.Kafka.Native;
using StreamAgg.Librdkafka;
using StreamAgg.Pipeline.Options;

namespace StreamAgg.Kafka.Options;

/// <summary>
/// Asks the client itself whether its properties are right: values, files that must be there, mechanisms that it was built with, limits
/// that depend on each other.
/// </summary>
/// <remarks>The clients that are made here are told of no broker, so nothing is connected, and are gone when the answer is there.</remarks>
public static class ClientTrial
{
    private const string NoKerberos = "No provider for SASL mechanism GSSAPI";

    /// <summary>How the client's words begin where it has no property of that name.</summary>
    private const string UnknownProperty = "No such configuration property";

    /// <summary>Each fault of <see cref="KafkaOptions.Client"/>: key below the section, value where it may be shown, what is wrong.</summary>
    public static IReadOnlyList<(string Key, string? Value, string Message)> Faults(KafkaOptions options)
    {
        LibrdkafkaLibrary.EnsureLoaded();
        var faults = new List<(string, string?, string)>();
        foreach ((string name, string value) in options.Client)
        {
            if (FaultOf(name, value) is { } fault)
                faults.Add((KeyOf(name), fault.StartsWith(UnknownProperty, StringComparison.Ordinal) ? null : value, fault));
        }

        // The defaults are known to go together.
        if (faults.Count == 0 && options.Client.Count > 0 && WhyRefused(options) is { } reason)
            faults.Add(Told(options.Client, reason));
        return faults;
    }

    private static (string Key, string? Value, string Message) Told(IDictionary<string, string> client, string reason)
    {
        if (reason.Contains(NoKerberos, StringComparison.Ordinal))
        {
            const string mechanism = "sasl.mechanism";
            return (KeyOf(mechanism), client.TryGetValue(mechanism, out string? named) ? named : null,
                "the client that this is built with knows no GSSAPI (Kerberos), which is its default: allowed is PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER");
        }

        string? blamed = Blamed(client, reason);
        return (blamed is null ? nameof(KafkaOptions.Client) : KeyOf(blamed), blamed is null ? string.Join(", ", client.Keys) : client[blamed],
            $"the Kafka client can't be made so: {Shown(blamed, reason.TrimEnd('.'))}");
    }

    /// <summary>The property that the client's reason names, or quotes the value of; null where it does neither.</summary>
    private static string? Blamed(IDictionary<string, string> client, string reason) =>
        client.Keys.Where(name => reason.Contains(name, StringComparison.Ordinal)).MaxBy(name => name.Length)
        ?? client.FirstOrDefault(pair => pair.Value.Length > 1 && reason.Contains(pair.Value, StringComparison.Ordinal)).Key;

    private static string KeyOf(string name) => $"{nameof(KafkaOptions.Client)}:{name}";

    private static string? FaultOf(string name, string value)
    {
        if (ClientSettings.WhyReserved(name) is { } reason)
            return reason;

        if (name == ClientSettings.AssignmentStrategy && value != ClientSettings.CooperativeSticky)
            return $"'{value}' gives all partitions away at every rebalance, which this service is not built for: leave it out, or use {ClientSettings.CooperativeSticky}";

        return TryToSet(name, value) is not { } refusal ? null
            : PropertyRange.Of(name, other => TryToSet(name, other)) is { } range ? $"allowed is {range}"
            : Shown(name, refusal);
    }

    /// <summary>The client's words, which may repeat a value or a piece of it.</summary>
    private static string Shown(string? property, string reason) =>
        property is not null && Secrets.MayHold(property, "") && !reason.StartsWith(UnknownProperty, StringComparison.Ordinal)
            ? $"it refuses the value of {property}"
            : Secrets.Hide(reason);

    private static string? TryToSet(string name, string value)
    {
        nint configuration = NativeMethods.ConfigurationNew();
        string? refusal = ClientFactory.Set(configuration, name, value);
        NativeMethods.ConfigurationDestroy(configuration);
        return refusal?.TrimEnd('.');
    }

    /// <returns>Null where every client that the service needs can be made; else the first one's reason.</returns>
    private static string? WhyRefused(KafkaOptions options) =>
        WhyRefused(ClientFactory.Producer, ClientSettings.Producer(options))
        ?? WhyRefused(ClientFactory.Consumer, ClientSettings.Consumer(options, member: 0, members: 1));

    private static string? WhyRefused(int type, Dictionary<string, string> settings)
    {
        settings.Remove("bootstrap.servers");

        // What it logs meanwhile, that it knows no broker, goes to a queue that nobody reads.
        settings["log.queue"] = "true";
        (nint client, string? reason) = ClientFactory.Create(type, NativeMethods.ConfigurationNew(), settings);
        if (client != 0)
            NativeMethods.ClientDestroy(client);

        return reason;
    }
}
