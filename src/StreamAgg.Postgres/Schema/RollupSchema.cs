using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Schema;

/// <summary>Brings the database's list of rollups, and their tables, to the configuration. That by platform is the migrations'.</summary>
internal sealed class RollupSchema(PostgresOptions options)
{
    // Of one that is taken away members that were started before may still write some: it goes when the rollup is added again.
    private static readonly string[] State = ["partial", "hour_base", "dirty_hour", "dirty_day", "hour_sketch", "day_sketch"];

    // As swaps take it, and replays, which change the state from outside the stream: what one of them counts without a rollup is counted before it.
    private const string LockPipeline = "SELECT FROM streamagg.pipeline WHERE id = @pipeline FOR UPDATE";

    // What is counted so far is counted without it, whoever counts on.
    private const string Add =
        """
        INSERT INTO streamagg.rollup (pipeline, name, dimensions, complete_from)
        SELECT @pipeline, @name, @dimensions, COALESCE(max(h.bucket_start) + interval '1 hour', '-infinity') FROM (
          SELECT max(bucket_start) AS bucket_start FROM streamagg.partial WHERE pipeline = @pipeline AND rollup = 'platform'
          UNION ALL SELECT max(bucket_start) FROM streamagg.hour_base WHERE pipeline = @pipeline AND rollup = 'platform') h
        """;

    private readonly Rollup[] configured = [.. options.Rollups.Where(rollup => rollup.Name != Rollup.Platform)];

    /// <summary>What there is to do, a clause each; nothing where all is as it is configured.</summary>
    /// <exception cref="SchemaMismatchException">A rollup is there with other dimensions.</exception>
    public async Task<IReadOnlyList<string>> ChangesAsync(StoreTransaction transaction, bool hasState)
    {
        Dictionary<string, string[]> known = hasState ? await ReadAsync(transaction) : [];
        foreach (Rollup rollup in configured)
            if (known.TryGetValue(rollup.Name, out string[]? dimensions) && !dimensions.SequenceEqual(rollup.Dimensions))
                throw new SchemaMismatchException(new Diagnosis(
                    $"The rollup {rollup.Name} is by {Text(dimensions)} in the database and by {Text(rollup.Dimensions)} in the configuration;",
                    "give the new one another name: what was counted by others can't be counted on."));
        return
        [
            .. configured.Where(rollup => !known.ContainsKey(rollup.Name))
                .Select(rollup => $"new: rollup {rollup.Name} by {Text(rollup.Dimensions)}"),
            .. Gone(known).Select(name => $"gone: rollup {name}, whose tables stay"),
        ];
    }

    public async Task ApplyAsync(StoreTransaction transaction)
    {
        await transaction.QueryAsync(LockPipeline, p => p.With("pipeline", options.PipelineId), _ => { });
        Dictionary<string, string[]> known = await ReadAsync(transaction);
        foreach (string gone in Gone(known))
        {
            await ForgetAsync(transaction, gone);
            await transaction.ExecuteAsync(
                "DELETE FROM streamagg.rollup WHERE pipeline = @pipeline AND name = @name",
                p => p.With("pipeline", options.PipelineId).With("name", gone));
        }
        foreach (Rollup rollup in configured)
        {
            foreach (RowTable table in RowTable.Of(rollup, isDaily: false).Concat(RowTable.Of(rollup, isDaily: true)))
                await transaction.ExecuteScriptAsync(Create(table));
            if (known.ContainsKey(rollup.Name))
                continue;
            await ForgetAsync(transaction, rollup.Name);
            await transaction.ExecuteAsync(
                Add, p => p.With("pipeline", options.PipelineId).With("name", rollup.Name).With("dimensions", rollup.Dimensions.ToArray()));
        }
    }

    private async Task ForgetAsync(StoreTransaction transaction, string rollup)
    {
        foreach (string table in State)
            await transaction.ExecuteAsync(
                $"DELETE FROM streamagg.{table} WHERE pipeline = @pipeline AND rollup = @rollup",
                p => p.With("pipeline", options.PipelineId).With("rollup", rollup));
    }

    private async Task<Dictionary<string, string[]>> ReadAsync(StoreTransaction transaction) =>
        (await RollupList.ReadAsync(transaction, options.PipelineId)).ToDictionary(rollup => rollup.Name, rollup => rollup.Dimensions);

    private IEnumerable<string> Gone(Dictionary<string, string[]> known) => known.Keys.Except(configured.Select(rollup => rollup.Name));

    private string Create(RowTable table)
    {
        string name = new TableKey(table, options.PublishSchema).Table;
        string[] dimensions = [.. table.Dimensions.Select(SqlIdentifier.Quote)];
        IEnumerable<string> columns =
        [
            $"{table.BucketColumn} {table.BucketType} NOT NULL",
            .. table.Dimensions.Select(dimension => $"{SqlIdentifier.Quote(dimension)} {TableShape.DimensionType(dimension)} NOT NULL"),
            .. table.Figures.Select(figure => $"{figure.Column} {figure.SqlType}{Default(figure)}"),
            $"PRIMARY KEY ({string.Join(", ", dimensions.Prepend(table.BucketColumn))})",
        ];
        return
            $"""
            CREATE TABLE IF NOT EXISTS {name} (
              {string.Join(",\n  ", columns)}
            );
            DO $$ BEGIN
              IF (SELECT pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid = '{name.Replace("'", "''", StringComparison.Ordinal)}'::regclass) THEN
                COMMENT ON TABLE {name} IS 'Requests by UTC {(table.IsDaily ? "day" : "hour")}{string.Concat(table.Dimensions.Select(dimension => $" and {dimension}"))}: a rollup of StreamAgg:Rollups.';
              END IF;
            END $$
            """;
    }

    private static string Default(Figure figure) =>
        figure.IsNullable ? "" : figure.SqlType == Figures.Time ? " NOT NULL DEFAULT now()" : " NOT NULL DEFAULT 0";

    private static string Text(IReadOnlyList<string> dimensions) => dimensions.Count == 0 ? "nothing" : string.Join(", ", dimensions);
}
