using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamAgg.Testing.Kafka;

/// <summary>A listener that speaks TLS and takes one login, by SCRAM.</summary>
/// <param name="Certificate">For <see cref="Host"/>, as PEM.</param>
/// <param name="Key">As PEM.</param>
public sealed record SecureListener(string Certificate, string Key, string User, string Password)
{
    /// <summary>What the brokers call themselves.</summary>
    public const string Host = "localhost";

    private const string Mechanism = "SCRAM-SHA-512";

    internal void AddTo(Dictionary<string, string> broker, int port, string folder)
    {
        string store = Path.Combine(folder, "secure.pem");
        File.WriteAllText(store, Key + Certificate);
        broker["listeners"] += $",SECURE://127.0.0.1:{port}";
        broker["advertised.listeners"] += $",SECURE://{Host}:{port}";
        broker["listener.security.protocol.map"] += ",SECURE:SASL_SSL";
        broker["listener.name.secure.ssl.keystore.type"] = "PEM";
        broker["listener.name.secure.ssl.keystore.location"] = store;
        broker["listener.name.secure.sasl.enabled.mechanisms"] = Mechanism;
        broker["listener.name.secure.scram-sha-512.sasl.jaas.config"] = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
    }

    internal Task AddUserAsync(IAdminClient admin) => admin.AlterUserScramCredentialsAsync(
    [
        new UserScramCredentialUpsertion
        {
            User = User,
            Password = System.Text.Encoding.UTF8.GetBytes(Password),
            ScramCredentialInfo = new ScramCredentialInfo { Mechanism = ScramMechanism.ScramSha512, Iterations = 4096 },
        },
    ]);
}
