namespace StreamAgg.Kafka.Options;

/// <summary>What a property of the client may be, for the line that refuses a value. The client tells of numbers alone, where out of range.</summary>
internal static class PropertyRange
{
    private const string Told = "outside allowed range ";

    /// <summary>Below the range of every number.</summary>
    private const string FarBelow = "-2147483648";

    /// <param name="name">A property that refuses the value that it was given.</param>
    /// <param name="tryToSet">Gives it a value; what the client says against that, or null.</param>
    /// <returns>Null where it is neither a choice nor a number.</returns>
    public static string? Of(string name, Func<string, string?> tryToSet)
    {
        if (ChoicesOf(name) is { } choices)
            return choices;

        string reason = tryToSet(FarBelow) ?? "";
        int at = reason.IndexOf(Told, StringComparison.Ordinal);
        return at < 0 ? null : reason[(at + Told.Length)..].Replace("..", " to ", StringComparison.Ordinal);
    }

    /// <summary>From the client's manual (CONFIGURATION.md): those that people set.</summary>
    private static string? ChoicesOf(string name) => name switch
    {
        "security.protocol" => "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
        "group.protocol" => "classic or consumer",
        "isolation.level" => "read_uncommitted or read_committed",
        "ssl.endpoint.identification.algorithm" => "none or https",
        "client.dns.lookup" => "use_all_dns_ips or resolve_canonical_bootstrap_servers_only",
        "broker.address.family" => "any, v4 or v6",
        "compression.type" or "compression.codec" => "none, gzip, snappy, lz4 or zstd",
        "sasl.oauthbearer.method" => "default or oidc",
        "metadata.recovery.strategy" => "none or rebootstrap",
        _ => null,
    };
}
