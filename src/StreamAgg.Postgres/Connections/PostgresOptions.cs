using System.Text;

namespace StreamAgg.Postgres.Connections;

/// <summary>Where the state and the rows live. Section <c>StreamAgg</c>, keys <c>Postgres:…</c> and <c>Pipeline:Id</c>.</summary>
public sealed class PostgresOptions
{
    /// <summary>Npgsql's format, or a <c>postgresql://</c> URL. <c>Target Session Attributes=primary</c>, with one host or several, follows a failover.</summary>
    /// <value>Default <c>Host=localhost;Database=streamagg</c>.</value>
    public string ConnectionString { get; set; } = "Host=localhost;Database=streamagg";

    /// <summary>Where HTTP reads: a replica, a role that may only read, or the same server. It has a pool of its own in any case.</summary>
    /// <value>Null: <see cref="ConnectionString"/>. Without a password of its own <see cref="PasswordFile"/> holds it.</value>
    public string? ReadConnectionString { get; set; }

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
    /// <value>The pipeline's own id, whose range is judged with its other options. Default <c>default</c>.</value>
    public string PipelineId { get; set; } = "default";

    /// <summary>Each fault as (key below the section, its value, what is allowed). Asks nothing of a server.</summary>
    public IEnumerable<(string Key, string? Value, string Message)> Faults()
    {
        if (ConnectionText.FaultOf(ConnectionString) is { } fault)
            yield return ("Postgres:ConnectionString", ConnectionString, $"{ConnectionText.Allowed}: {fault}");
        if (ReadConnectionString is { } read && ConnectionText.FaultOf(read) is { } unreadable)
            yield return ("Postgres:ReadConnectionString", read, $"{ConnectionText.Allowed}: {unreadable}");
        if (PasswordFile is { } file && FileFault(file) is { } unread)
            yield return ("Postgres:PasswordFile", file, $"allowed is a readable file that holds the password: {unread}");
        int bytes = Encoding.UTF8.GetByteCount(PublishSchema);
        if (bytes is 0 or > 63 || PublishSchema.Contains('\0', StringComparison.Ordinal))
            yield return ("Postgres:PublishSchema", PublishSchema, "allowed is the name of a schema, 1 to 63 bytes");
        else if (PublishSchema is "streamagg" or "information_schema" || PublishSchema.StartsWith("pg_", StringComparison.Ordinal))
            yield return ("Postgres:PublishSchema", PublishSchema, "it is taken; allowed is any other schema, such as 'public'");
    }

    private static string? FileFault(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim('\r', '\n').Length == 0 ? "this one is empty" : null;
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // In words of our own: the exception's repeat the value, and it may be the password itself.
            return unread is UnauthorizedAccessException ? "this one may not be read" : "this one can't be opened";
        }
    }
}
