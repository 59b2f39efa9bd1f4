using Confluent.Kafka;

namespace StreamAgg.Kafka.Logging;

/// <summary>What keeps a client from its brokers, from the vaguest to the one that tells most.</summary>
internal enum ConnectionFaultKind
{
    Silence,
    HangUp,
    AdvertisedName,
    Name,
    Protocol,
    BrokerCertificate,
    OwnCertificate,
    Token,
    Mechanism,
    Login,
}

/// <summary>
/// Why a client can't reach its brokers, in its own words, and what a person would correct. The client has codes for some causes and words
/// alone for others.
/// </summary>
internal sealed record ConnectionFault(ConnectionFaultKind Kind, string Text)
{
    private const string Client = "StreamAgg:Kafka:Client:";

    /// <summary>True where the brokers have answered, and the answer is no: waiting changes nothing.</summary>
    public bool IsLoginRefused => Kind is ConnectionFaultKind.Login or ConnectionFaultKind.Mechanism;

    /// <summary>Closed by the broker before a first answer: it is spoken to in another protocol than its port's, or shuts down.</summary>
    private static readonly string[] EarlyStates = ["in state APIVERSION_QUERY", "in state AUTH", "in state UP"];

    /// <summary>Null where it may only be a matter of time.</summary>
    public string? Remedy => Kind switch
    {
        ConnectionFaultKind.Login => $"Correct {Client}sasl.username and {Client}sasl.password.",
        ConnectionFaultKind.Mechanism => $"Correct {Client}sasl.mechanism.",
        ConnectionFaultKind.Token => $"Correct what {Client}sasl.mechanism needs ({Client}sasl.oauthbearer.* or sasl.kerberos.*), and see that its server answers.",
        ConnectionFaultKind.OwnCertificate => $"Correct {Client}ssl.certificate.location and {Client}ssl.key.location: the brokers refuse this client's certificate, or the lack of one.",
        ConnectionFaultKind.BrokerCertificate =>
            $"Correct {Client}ssl.ca.location to the authority that signed the brokers' certificates, or the name in StreamAgg:Kafka:BootstrapServers where these are of another name.",
        ConnectionFaultKind.Protocol => $"Correct {Client}security.protocol to what this port speaks: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
        ConnectionFaultKind.HangUp => $"Start it, or correct {Client}security.protocol to what this port speaks: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
        ConnectionFaultKind.Name => "Correct StreamAgg:Kafka:BootstrapServers.",
        ConnectionFaultKind.AdvertisedName => "The brokers call themselves so (advertised.listeners): make the name known to this machine, or correct it there.",
        _ => null,
    };

    /// <param name="code">Of a line of its log, which has none: <see cref="ErrorCode.Local_Transport"/>.</param>
    /// <param name="text">As the client wrote it.</param>
    /// <returns>Null where it is about something else.</returns>
    public static ConnectionFault? Of(ErrorCode code, string text) => KindOf(code, text) is { } kind ? new(kind, Plain(text)) : null;

    private static ConnectionFaultKind? KindOf(ErrorCode code, string text) => code switch
    {
        ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed => LoginKindOf(text),
        ErrorCode.Local_Ssl when Says(text, " alert ") || Says(text, "client SSL authentication") => ConnectionFaultKind.OwnCertificate,
        ErrorCode.Local_Ssl when Says(text, "wrong version number") || Says(text, "packet length too long") => ConnectionFaultKind.Protocol,
        ErrorCode.Local_Ssl => ConnectionFaultKind.BrokerCertificate,
        ErrorCode.Local_Resolve => Says(text, "/bootstrap:") ? ConnectionFaultKind.Name : ConnectionFaultKind.AdvertisedName,
        ErrorCode.Local_Transport or ErrorCode.Local_TimedOut =>
            Says(text, "PLAINTEXT broker listener") ? ConnectionFaultKind.Protocol
            : Says(text, "Disconnected") && Array.Exists(EarlyStates, state => Says(text, state)) ? ConnectionFaultKind.HangUp
            : ConnectionFaultKind.Silence,
        _ => null,
    };

    private static ConnectionFaultKind LoginKindOf(string text)
    {
        if (Says(text, "SASL authentication error") || Says(text, "SASL authentication failure"))
            return ConnectionFaultKind.Login;
        if (Says(text, "Unsupported SASL mechanism"))
            return ConnectionFaultKind.Mechanism;
        // A listener that knows no logins answers the question for one so.
        if (Says(text, "not valid in current SASL state"))
            return ConnectionFaultKind.Protocol;
        return Says(text, "handshake failed") ? ConnectionFaultKind.Silence : ConnectionFaultKind.Token;
    }

    /// <summary>Without the thread's name before it and the time spent behind it.</summary>
    private static string Plain(string text)
    {
        int from = text.StartsWith("[thrd:", StringComparison.Ordinal) ? text.IndexOf("]: ", StringComparison.Ordinal) + 3 : 0;
        int to = text.IndexOf(" (after ", StringComparison.Ordinal);
        return text[from..(to < from ? text.Length : to)].TrimEnd(' ', ':');
    }

    private static bool Says(string text, string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);
}
