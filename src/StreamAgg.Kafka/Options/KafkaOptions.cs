using StreamAgg.Kafka.Native;
using StreamAgg.Librdkafka;
using StreamAgg.Pipeline.Options;

namespace StreamAgg.Kafka.Options;

/// <summary>Where the events come from and where the refused ones go. Section <c>StreamAgg:Kafka</c>.</summary>
public sealed class KafkaOptions
{
    /// <summary>How the client's words begin where it has no property of that name.</summary>
    public const string UnknownProperty = "No such configuration property";

    /// <value>Comma separated host:port; at least one broker that answers.</value>
    public string BootstrapServers { get; set; } = "localhost:9092";

    /// <value>Members of one group share the partitions.</value>
    public string GroupId { get; set; } = "streamagg";

    /// <value>Requests that succeeded.</value>
    public string UsageTopic { get; set; } = "gateway.usage";

    /// <value>Requests that failed. Another topic than <see cref="UsageTopic"/>.</value>
    public string ErrorTopic { get; set; } = "gateway.errors";

    /// <value>Where refused events are kept. Another topic than the two that are read.</value>
    public string DeadLetterTopic { get; set; } = "streamagg.dead-letter";

    /// <value>Properties of librdkafka by their own names (TLS, SASL, group.protocol, group.instance.id), for every client.</value>
    public IDictionary<string, string> Client { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <value>Creates missing input topics: for development, where nobody else has chosen their partitions.</value>
    public bool CreateTopics { get; set; }

    private const string NoKerberos = "No provider for SASL mechanism GSSAPI";

    /// <summary>Each fault as (key below the section, one line for a person). Empty where all is well. Opens no connection.</summary>
    public IReadOnlyList<(string Key, string Message)> Validate()
    {
        var faults = new List<(string, string)>();
        Require(faults, nameof(BootstrapServers), BootstrapServers, "name at least one broker as host:port");
        Require(faults, nameof(GroupId), GroupId, "give the consumer group a name");
        RequireTopic(faults, nameof(UsageTopic), UsageTopic);
        RequireTopic(faults, nameof(ErrorTopic), ErrorTopic);
        RequireTopic(faults, nameof(DeadLetterTopic), DeadLetterTopic);
        if (UsageTopic == ErrorTopic)
            faults.Add((nameof(ErrorTopic), $"'{ErrorTopic}' is the usage topic too: the topic tells the two kinds of event apart, so name two"));

        if (DeadLetterTopic == UsageTopic || DeadLetterTopic == ErrorTopic)
            faults.Add((nameof(DeadLetterTopic), $"'{DeadLetterTopic}' is an input topic too: what is refused would be read again for ever, so name another"));

        ValidateClient(faults);
        return faults;
    }

    private void ValidateClient(List<(string Key, string Message)> faults)
    {
        LibrdkafkaLibrary.EnsureLoaded();
        bool areValid = true;
        foreach ((string name, string value) in Client)
        {
            if (FaultOf(name, value) is string fault)
            {
                areValid = false;
                faults.Add((KeyOf(name), fault));
            }
        }

        // The defaults are known to go together.
        if (areValid && Client.Count > 0 && ClientTrial.WhyRefused(this) is string reason)
        {
            if (reason.Contains(NoKerberos, StringComparison.Ordinal))
            {
                faults.Add((KeyOf("sasl.mechanism"), "the client that this is built with knows no GSSAPI (Kerberos), which is its default: "
                    + "allowed is PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER"));
                return;
            }

            string? blamed = Blamed(reason);
            faults.Add((blamed is null ? nameof(Client) : KeyOf(blamed), $"the Kafka client can't be made so: {Shown(blamed, reason.TrimEnd('.'))}"));
        }
    }

    /// <summary>The property that the client's reason names, or quotes the value of; null where it does neither.</summary>
    private string? Blamed(string reason) =>
        Client.Keys.Where(name => reason.Contains(name, StringComparison.Ordinal)).MaxBy(name => name.Length)
        ?? Client.FirstOrDefault(pair => pair.Value.Length > 1 && reason.Contains(pair.Value, StringComparison.Ordinal)).Key;

    private static string KeyOf(string name) => $"{nameof(Client)}:{name}";

    private static void Require(List<(string, string)> faults, string key, string value, string remedy)
    {
        if (string.IsNullOrWhiteSpace(value))
            faults.Add((key, $"is empty: {remedy}"));
    }

    /// <summary>The brokers' own rule, asked for here so that a slip of the pen is not taken for a missing topic.</summary>
    private static void RequireTopic(List<(string, string)> faults, string key, string topic)
    {
        if (topic.Length is 0 or > 249 || topic is "." or ".." || topic.AsSpan().ContainsAnyExcept(TopicCharacters))
            faults.Add((key, $"'{topic}' is no topic name: 1 to 249 letters, digits, '.', '_' and '-'"));
    }

    private static string? FaultOf(string name, string value)
    {
        if (ClientSettings.WhyReserved(name) is string reason)
            return reason;

        if (name == ClientSettings.AssignmentStrategy && value != ClientSettings.CooperativeSticky)
            return $"'{value}' gives all partitions away at every rebalance, which this service is not built for: leave it out, or use {ClientSettings.CooperativeSticky}";

        return TryToSet(name, value) is not { } refusal ? null
            : PropertyRange.Of(name, other => TryToSet(name, other)) is { } range ? $"allowed is {range}"
            : Shown(name, refusal);
    }

    private static unsafe string? TryToSet(string name, string value)
    {
        nint configuration = NativeMethods.ConfigurationNew();
        byte* text = stackalloc byte[512];
        int result = NativeMethods.ConfigurationSet(configuration, name, value, text, 512);
        NativeMethods.ConfigurationDestroy(configuration);
        return result == 0 ? null : System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)text)!.Trim().TrimEnd('.');
    }

    /// <summary>The client's words, which may repeat a value or a piece of it.</summary>
    private static string Shown(string? property, string reason) =>
        property is not null && Secrets.MayHold(property, "") && !reason.StartsWith(UnknownProperty, StringComparison.Ordinal)
            ? $"it refuses the value of {property}"
            : Secrets.Hide(reason);

    private static readonly System.Buffers.SearchValues<char> TopicCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
}
