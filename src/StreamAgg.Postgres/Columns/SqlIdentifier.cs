namespace StreamAgg.Postgres.Columns;

/// <summary>Names that come from the configuration, safe inside a statement.</summary>
internal static class SqlIdentifier
{
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
