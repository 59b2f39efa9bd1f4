using Npgsql;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;

namespace StreamAgg.Postgres.Raw;

/// <summary>What the raw tables turn out to be. Labels are read once: a group that changes its platform later is not met half way.</summary>
internal sealed record RawSchema(IReadOnlyList<RawTable> Tables, IReadOnlyDictionary<Field, RawLabels> Labels, IReadOnlyList<string> Notes)
{
    /// <summary>Rollups by fields that a table does not have.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    private const string WithZone = "timestamp with time zone", WithoutZone = "timestamp without time zone";

    // Of the catalog, by a name that is quoted already: the right to one column is enough.
    private const string ColumnsOf =
        """
        SELECT a.attname::text, format_type(COALESCE(NULLIF(t.typbasetype, 0), t.oid), NULL),
          EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum) OR c.relkind NOT IN ('r', 'p')
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        WHERE c.oid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
        """;

    public static async Task<RawSchema> ReadAsync(
        NpgsqlConnection connection, RawOptions options, EventOptions events, RawFilter filter, CancellationToken cancellation)
    {
        var notes = new List<string>();
        var labels = new Dictionary<Field, RawLabels>();
        RawTable[] tables =
        [
            await TableAsync(connection, EventKind.Usage, "Raw:UsageTable", options.UsageTable, options, events, filter, notes, cancellation),
            await TableAsync(connection, EventKind.Error, "Raw:ErrorTable", options.ErrorTable, options, events, filter, notes, cancellation),
        ];
        foreach (var (field, key, name) in ((Field, string, string)[])
            [(Field.GroupPlatform, "Raw:GroupTable", options.GroupTable), (Field.AccountPlatform, "Raw:AccountTable", options.AccountTable)])
        {
            if (tables.Any(table => table.Columns.Any(column => column.IsId && column.Field == field)))
                labels[field] = await LabelsAsync(connection, key, name, cancellation);
        }
        string[] lacking =
        [
            .. events.Rollups.Where(rollup => rollup.Dimensions.Any(name =>
                    name != Rollup.Platform && tables.Any(table => !table.Columns.Any(column => column.Name == name))))
                .Select(rollup => rollup.Name),
        ];
        foreach (string rollup in lacking)
            notes.Add($"the rollup {rollup} is left out: the raw tables do not have all the fields that it is by");
        return new RawSchema(tables, labels, notes) { LeftOut = lacking };
    }

    private static async Task<RawTable> TableAsync(
        NpgsqlConnection connection, EventKind kind, string key, string name, RawOptions options, EventOptions events, RawFilter filter,
        List<string> notes,
        CancellationToken cancellation)
    {
        var found = await ColumnsAsync(connection, key, name, cancellation);
        if (!found.TryGetValue(RawColumns.Time, out var time))
            throw new RawSourceException($"{name} has no column {RawColumns.Time}: name another table or view in StreamAgg:{key}.");
        if (time.Type == WithoutZone)
            throw new RawSourceException(
                $"{name}.{RawColumns.Time} is a {WithoutZone}: which hour it means depends on a zone that nobody has written down. Make it "
                    + "timestamptz, "
                + $"or name in StreamAgg:{key} a view that has ({RawColumns.Time} AT TIME ZONE 'the zone it is written in') AS {RawColumns.Time}.");
        if (time.Type != WithZone)
            throw new RawSourceException($"{name}.{RawColumns.Time} is a {time.Type}, {WithZone} is wanted: name in StreamAgg:{key} a view "
                + "that has it.");
        if (!time.IsIndexed)
            notes.Add($"{name} has no index that begins with {RawColumns.Time}: every chunk reads the whole table");
        // Without a table of labels their ids are of no use.
        RawColumn[] wanted = [.. RawColumns.Of(kind, events).Where(column => !column.IsId || TableOf(options, column.Field).Length > 0)];
        string[] missing =
            [.. wanted.Where(column => !found.ContainsKey(column.Name) && RawColumns.IsExpected(kind, column)).Select(column => column.Name)];
        if (missing.Length > 0)
            notes.Add($"{name} has no {string.Join(", ", missing)}: counted as null");
        return new RawTable(
            kind, name,
            [
                .. wanted.Where(column => found.ContainsKey(column.Name))
                    .Select(column => column with { IsInteger = RawColumn.IsIntegerType(found[column.Name].Type) }),
            ],
            filter.Of(kind));
    }

    private static string TableOf(RawOptions options, Field field) => field == Field.GroupPlatform ? options.GroupTable : options.AccountTable;

    private static async Task<RawLabels> LabelsAsync(NpgsqlConnection connection, string key, string name, CancellationToken cancellation)
    {
        var found = await ColumnsAsync(connection, key, name, cancellation);
        if (!found.ContainsKey(RawColumns.Id) || !found.ContainsKey(RawColumns.Platform))
            throw new RawSourceException($"{name} has not both {RawColumns.Id} and {RawColumns.Platform}: name another table or view in "
                + $"StreamAgg:{key}, or leave it empty where there is none.");
        var labels = new RawLabels();
        await using var command = new NpgsqlCommand(
            $"SELECT {RawColumns.Id}::text, {RawColumns.Platform}::text FROM {RawOptions.Quoted(name)} WHERE {RawColumns.Id} IS NOT NULL AND "
                + $"{RawColumns.Platform} IS NOT NULL", connection);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellation);
        while (await row.ReadAsync(cancellation))
            labels.Add(row.GetString(0), row.GetString(1));
        return labels;
    }

    private static async Task<Dictionary<string, (string Type, bool IsIndexed)>> ColumnsAsync(
        NpgsqlConnection connection, string key, string name, CancellationToken cancellation)
    {
        var columns = new Dictionary<string, (string, bool)>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(ColumnsOf, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = RawOptions.Quoted(name) });
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellation);
        while (await row.ReadAsync(cancellation))
            columns[row.GetString(0)] = (row.GetString(1), row.GetBoolean(2));
        return columns.Count > 0
            ? columns
            : throw new RawSourceException(
                $"There is no table {name}: name it in StreamAgg:{key} (with its schema), and its database in "
                    + $"StreamAgg:Raw:ConnectionString{(key is "Raw:GroupTable" or "Raw:AccountTable" ? "; empty where there is none" : "")}.");
    }
}
