using System.Text;
using Npgsql;

namespace StreamAgg.Postgres.Connections;

/// <summary>Where the state and the rows live. Section <c>StreamAgg</c>, keys <c>Postgres:…</c> and <c>Pipeline:Id</c>.</summary>
public sealed class PostgresOptions
{
    /// <summary>Npgsql's format. Several hosts with <c>Target Session Attributes=primary</c> follow a failover.</summary>
    /// <value>Default <c>Host=localhost;Database=streamagg</c>.</value>
    public string ConnectionString { get; set; } = "Host=localhost;Database=streamagg";

    /// <summary>A file that holds the password, read anew for each connection, so that a rotated one is picked up.</summary>
    /// <value>Null: the connection string's own. A line break at the end is not part of the password.</value>
    public string? PasswordFile { get; set; }

    /// <summary>Whether <c>run</c> migrates by itself. The role then needs the right to create.</summary>
    /// <value>Default false.</value>
    public bool MigrateOnStart { get; set; }

    /// <summary>The schema of the two published tables. One pipeline publishes into a schema.</summary>
    /// <value>1 to 63 bytes of UTF-8, taken literally: upper case stays upper case. Default <c>public</c>.</value>
    public string PublishSchema { get; set; } = "public";

    /// <summary>Leads every key of the state: deployments with different ids share a database without meeting.</summary>
    /// <value>1 to 200 characters. Default <c>default</c>.</value>
    public string PipelineId { get; set; } = "default";

    /// <summary>What is wrong, one line a fault with the key, the value and what is allowed. Asks nothing of a server.</summary>
    public IEnumerable<string> Faults()
    {
        if (ConnectionStringFault() is { } fault)
            yield return fault;
        if (PasswordFile is { } file && !File.Exists(file))
            yield return $"StreamAgg:Postgres:PasswordFile is '{file}', which is no file that can be read; name one, or leave the key out.";
        int bytes = Encoding.UTF8.GetByteCount(PublishSchema ?? "");
        if (bytes is 0 or > 63 || PublishSchema!.Contains('\0', StringComparison.Ordinal))
            yield return $"StreamAgg:Postgres:PublishSchema is '{PublishSchema}'; allowed is the name of a schema, 1 to 63 bytes.";
        else if (PublishSchema is "streamagg" or "information_schema" || PublishSchema.StartsWith("pg_", StringComparison.Ordinal))
            yield return $"StreamAgg:Postgres:PublishSchema is '{PublishSchema}', which is taken; allowed is any other schema, such as 'public'.";
        if (string.IsNullOrWhiteSpace(PipelineId) || PipelineId.Length > 200 || PipelineId.Contains('\0', StringComparison.Ordinal))
            yield return $"StreamAgg:Pipeline:Id is '{PipelineId}'; allowed are 1 to 200 characters.";
    }

    private string? ConnectionStringFault()
    {
        const string remedy = "write it as Host=…;Database=…;Username=….";
        try
        {
            // The value is not repeated: it may hold a password.
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(ConnectionString).Host)
                ? $"StreamAgg:Postgres:ConnectionString names no Host; {remedy}"
                : null;
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return $"StreamAgg:Postgres:ConnectionString can't be read ({wrong.Message.ReplaceLineEndings(" ")}); {remedy}";
        }
    }
}
