using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Schema;

/// <summary>What the published tables must look like, and how one that is there differs.</summary>
internal static class TableShape
{
    private const string Relation =
        """
        SELECT c.relkind::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = @schema AND c.relname = @table
        """;

    private const string Columns =
        """
        SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = @schema AND c.relname = @table AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
        """;

    // What an index only includes is no part of its key; ON CONFLICT can't use a key that is checked at the transaction's end.
    private const string Key =
        """
        SELECT a.attname::text, i.indimmediate
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
        WHERE n.nspname = @schema AND c.relname = @table AND i.indisprimary AND k.place <= i.indnkeyatts
        ORDER BY k.place
        """;

    /// <summary>One line for each difference. A table that is not there differs in nothing.</summary>
    public static async Task<List<string>> DifferencesAsync(StoreTransaction transaction, string schema, IReadOnlyList<Rollup> rollups)
    {
        var differences = new List<string>();
        foreach (RowTable shape in Published(rollups))
        {
            (string table, Column[] columns) = (shape.Name, ColumnsOf(shape));
            string? kind = null;
            await QueryAsync(transaction, Relation, schema, table, row => kind = row.GetString(0));
            if (kind is null)
                continue;
            string name = $"{schema}.{table}";
            // Ordinary or partitioned.
            if (kind is not ("r" or "p"))
            {
                differences.Add($"{name} is no table");
                continue;
            }
            var found = new List<Column>();
            await QueryAsync(
                transaction, Columns, schema, table, row => found.Add(new Column(row.GetString(0), row.GetString(1), row.GetBoolean(2))));
            var key = new List<string>();
            bool isDeferrable = false;
            await QueryAsync(transaction, Key, schema, table, row =>
            {
                key.Add(row.GetString(0));
                isDeferrable = !row.GetBoolean(1);
            });
            differences.AddRange(Compare(columns, found).Select(difference => $"{name} {difference}"));
            string expectedKey = $"({string.Join(", ", shape.Dimensions.Prepend(shape.BucketColumn))})", foundKey = $"({string.Join(", ", key)})";
            if (foundKey != expectedKey)
                differences.Add(
                    key.Count == 0
                        ? $"{name} has no primary key where {expectedKey} is needed"
                        : $"{name} has the primary key {foundKey} where {expectedKey} is needed");
            else if (isDeferrable)
                differences.Add($"{name} has a DEFERRABLE primary key where one that is checked at once is needed");
        }
        return differences;
    }

    /// <summary>The published tables that are not there, as <c>schema.table</c>.</summary>
    public static async Task<List<string>> MissingAsync(StoreTransaction transaction, string schema, IReadOnlyList<Rollup> rollups)
    {
        var missing = new List<string>();
        foreach (string table in Published(rollups).Select(shape => shape.Name))
        {
            bool isThere = false;
            await QueryAsync(transaction, Relation, schema, table, _ => isThere = true);
            if (!isThere)
                missing.Add($"{schema}.{table}");
        }
        return missing;
    }

    /// <summary>Those that lie in the schema that is published into.</summary>
    public static IEnumerable<RowTable> Published(IReadOnlyList<Rollup> rollups) =>
        rollups.SelectMany(rollup => RowTable.Of(rollup, isDaily: false).Concat(RowTable.Of(rollup, isDaily: true))).Where(table => !table.IsOfState);

    private static Column[] ColumnsOf(RowTable table) =>
    [
        new(table.BucketColumn, table.BucketType, true),
        .. table.Dimensions.Select(dimension => new Column(dimension, DimensionType(dimension), true)),
        .. table.Figures.Select(figure => new Column(figure.Column, figure.SqlType, !figure.IsNullable)),
    ];

    /// <summary>A label has at most 50 code points, any other field 200.</summary>
    public static string DimensionType(string dimension) => $"character varying({(dimension == Rollup.Platform ? 50 : 200)})";

    private static IEnumerable<string> Compare(Column[] expected, List<Column> found)
    {
        bool isComplete = true;
        foreach (Column column in expected)
        {
            if (found.FirstOrDefault(other => other.Name == column.Name) is not { } other)
            {
                isComplete = false;
                yield return $"has no column {column.Name} ({column.Type})";
            }
            else if (other.Type != column.Type)
                yield return $"has {column.Name} as {other.Type} where {column.Type} is needed";
            else if (other.IsNotNull != column.IsNotNull)
                yield return $"has {column.Name} {(other.IsNotNull ? "NOT NULL" : "nullable")} where {(column.IsNotNull ? "NOT NULL" : "a nullable one")} is needed";
        }
        foreach (Column extra in found.Where(column => expected.All(other => other.Name != column.Name)))
        {
            isComplete = false;
            yield return $"has a column {extra.Name} that is not ours";
        }
        if (isComplete && !found.Select(column => column.Name).SequenceEqual(expected.Select(column => column.Name)))
            yield return $"has its columns in another order ({string.Join(", ", found.Select(column => column.Name))})";
    }

    private static Task QueryAsync(StoreTransaction transaction, string sql, string schema, string table, Action<Npgsql.NpgsqlDataReader> onRow) =>
        transaction.QueryAsync(sql, p => p.With("schema", schema).With("table", table), onRow);

    private sealed record Column(string Name, string Type, bool IsNotNull);
}
