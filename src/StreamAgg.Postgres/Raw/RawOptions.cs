using System.Text;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Raw;

/// <summary>Where the gateway's own tables are. Section <c>StreamAgg</c>, keys <c>Raw:…</c>.</summary>
public sealed class RawOptions
{
    /// <summary>
    /// As <see cref="PostgresOptions.ConnectionString"/>; without a password of its own <see cref="PostgresOptions.PasswordFile"/> holds it.
    /// </summary>
    /// <value>Null: the pipeline's own.</value>
    public string? ConnectionString { get; set; }

    /// <summary>A row for each request that succeeded.</summary>
    /// <value>A table or view, with its schema or without. Default <c>usage_logs</c>.</value>
    public string UsageTable { get; set; } = "usage_logs";

    /// <summary>A row for each request that failed.</summary>
    /// <value>Default <c>ops_error_logs</c>.</value>
    public string ErrorTable { get; set; } = "ops_error_logs";

    /// <summary>What group has which platform.</summary>
    /// <value>Empty: none has. Default <c>groups</c>.</value>
    public string GroupTable { get; set; } = "groups";

    /// <summary>What account has which platform.</summary>
    /// <value>Empty: none has. Default <c>accounts</c>.</value>
    public string AccountTable { get; set; } = "accounts";

    /// <summary>Each fault as (key below the section, its value, what is allowed). Asks nothing of a server.</summary>
    public IEnumerable<(string Key, string? Value, string Message)> Faults()
    {
        if (ConnectionString is { } text && ConnectionText.FaultOf(text) is { } fault)
            yield return ("Raw:ConnectionString", text, $"{ConnectionText.Allowed}: {fault}");
        foreach (var (key, name, mayBeEmpty) in ((string, string, bool)[])
            [
                ("Raw:UsageTable", UsageTable, false), ("Raw:ErrorTable", ErrorTable, false),
                ("Raw:GroupTable", GroupTable, true), ("Raw:AccountTable", AccountTable, true),
            ])
        {
            if (!(mayBeEmpty && name.Length == 0) && Quoted(name) is null)
                yield return (key, name, "allowed is a table or a schema and a table with a dot between, each 1 to 63 bytes, in double quotes "
                    + $"where it has a dot in it{(mayBeEmpty ? "; empty for none" : "")}");
        }
    }

    /// <summary>The name safe inside a statement: taken literally, upper case stays upper case; null where it is none.</summary>
    internal static string? Quoted(string name)
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
            ? string.Join('.', parts.ConvertAll(Schema.SqlIdentifier.Quote))
            : null;

        void Take()
        {
            parts.Add(part.ToString());
            part.Clear();
        }
    }
}
