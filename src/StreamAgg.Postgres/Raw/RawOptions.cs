using System.Text;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Raw;

/// <summary>Where the gateway's own tables are. Section <c>StreamAgg</c>, keys <c>Raw:…</c>.</summary>
public sealed record RawOptions
{
    /// <summary>
    /// As <see cref="PostgresOptions.ConnectionString"/>; without a password of its own <see cref="PostgresOptions.PasswordFile"/> holds it.
    /// </summary>
    /// <value>Null: the pipeline's own.</value>
    public string? ConnectionString { get; init; }

    /// <summary>A row for each request that succeeded.</summary>
    /// <value>A table or view, with its schema or without. Default <c>usage_logs</c>.</value>
    public string UsageTable { get; init; } = "usage_logs";

    /// <summary>A row for each request that failed.</summary>
    /// <value>Default <c>ops_error_logs</c>.</value>
    public string ErrorTable { get; init; } = "ops_error_logs";

    /// <summary>What group has which platform.</summary>
    /// <value>Empty: none has. Default <c>groups</c>.</value>
    public string GroupTable { get; init; } = "groups";

    /// <summary>What account has which platform.</summary>
    /// <value>Empty: none has. Default <c>accounts</c>.</value>
    public string AccountTable { get; init; } = "accounts";

    /// <summary>Without its values: a connection string may hold a password.</summary>
    public override string ToString() => nameof(RawOptions);

    /// <summary>The name safe inside a statement: taken literally, upper case stays upper case.</summary>
    /// <param name="name">A table, or a schema and a table with a dot between.</param>
    /// <returns>Null where it is none.</returns>
    public static string? Quoted(string name)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        bool isQuoted = false;
        foreach (char c in name)
        {
            if (c == '"')
                isQuoted = !isQuoted;
            else if (c == '.' && !isQuoted)
                Take();
            else
                part.Append(c);
        }
        Take();
        return !isQuoted && parts.Count <= 2 && parts.TrueForAll(p =>
                Encoding.UTF8.GetByteCount(p) is > 0 and <= 63 && !p.Contains('\0', StringComparison.Ordinal))
            ? string.Join('.', parts.ConvertAll(SqlIdentifier.Quote))
            : null;

        void Take()
        {
            parts.Add(part.ToString());
            part.Clear();
        }
    }
}
