using StreamAgg.Core.Rollups;

namespace StreamAgg.Postgres.Connections;

/// <summary>
/// Where the state and the rows live. Section <c>StreamAgg</c>, keys <c>Postgres:…</c> and <c>Pipeline:Id</c>; ranges are checked by
/// whoever binds the options.
/// </summary>
public sealed record PostgresOptions
{
    /// <summary>Npgsql's format, or a <c>postgresql://</c> URL. <c>Target Session Attributes=primary</c> follows a failover.</summary>
    /// <value>Default <c>Host=localhost;Database=streamagg</c>.</value>
    public string ConnectionString { get; init; } = "Host=localhost;Database=streamagg";

    /// <summary>Where HTTP reads: a replica, a role that may only read, or the same server. It has a pool of its own in any case.</summary>
    /// <value>Null: <see cref="ConnectionString"/>. Without a password of its own <see cref="PasswordFile"/> holds it.</value>
    public string? ReadConnectionString { get; init; }

    /// <summary>A file that holds the password, read anew for each connection, so that a rotated one is picked up.</summary>
    /// <value>Null: the connection string's own. A line break at the end is not part of the password.</value>
    public string? PasswordFile { get; init; }

    /// <summary>Whether <c>run</c> migrates by itself. The role then needs the right to create.</summary>
    /// <value>Default false.</value>
    public bool MigrateOnStart { get; init; }

    /// <summary>The schema of the two published tables. One pipeline publishes into a schema.</summary>
    /// <value>1 to 63 bytes of UTF-8, taken literally: upper case stays upper case. Default <c>public</c>.</value>
    public string PublishSchema { get; init; } = "public";

    /// <summary>Leads every key of the state: deployments with different ids share a database without meeting.</summary>
    /// <value>The pipeline's own id. Default <c>default</c>.</value>
    public string PipelineId { get; init; } = "default";

    /// <summary>What is counted by: each has tables of its own.</summary>
    /// <value>That by platform among them.</value>
    public IReadOnlyList<Rollup> Rollups { get; init; } = [Rollup.ByPlatform(int.MaxValue)];

    /// <summary>Without its values: a connection string may hold a password.</summary>
    public override string ToString() => nameof(PostgresOptions);
}
