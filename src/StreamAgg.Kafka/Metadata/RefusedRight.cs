using Confluent.Kafka;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Metadata;

/// <summary>A right that the brokers refuse, named as Kafka's access lists name it: only a person can grant it.</summary>
public static class RefusedRight
{
    public static bool IsOne(ErrorCode code) =>
        code is ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed;

    /// <param name="operation">Such as READ, which includes DESCRIBE, as WRITE does.</param>
    /// <param name="resource">Such as "topic gateway.usage".</param>
    public static LogFatalException Of(string operation, string resource, string reason) =>
        new(new Diagnosis($"Not authorized: Kafka refuses {operation} on {resource} ({reason.TrimEnd('.')}).", Grant(operation, resource)));

    /// <summary>A right that is known to be missing, and the command of Kafka's own tools that grants it.</summary>
    /// <param name="options">Whose brokers and whose user.</param>
    /// <param name="operation">Such as READ.</param>
    /// <param name="kind">"topic" or "group".</param>
    /// <param name="name">The topic's or the group's.</param>
    public static Diagnosis Lacking(KafkaOptions options, string operation, string kind, string name)
    {
        string user = options.Client.TryGetValue("sasl.username", out string? login) && login.All(IsPlain) ? login : "NAME";
        return new(
            $"Kafka refuses {operation} on {kind} {name}.",
            $"{Grant(operation, $"{kind} {name}").TrimEnd('.')}: kafka-acls.sh --bootstrap-server {options.BootstrapServers} --add --allow-principal User:{user} "
            + $"--operation {operation} --{kind} {name}.");
    }

    /// <summary>A shell takes it as it is; a name with any other character is not repeated.</summary>
    private static bool IsPlain(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-' or '@';

    private static string Grant(string operation, string resource) => $"Grant {operation} on {resource} to this user.";
}
