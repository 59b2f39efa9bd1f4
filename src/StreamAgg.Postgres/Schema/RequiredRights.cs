using StreamAgg.Core.Rollups;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Schema;

/// <summary>What <c>run</c> needs of the database, as <c>deploy/roles.sql</c> grants it to streamagg_service, and what of it a role lacks.</summary>
internal static class RequiredRights
{
    // Asked of the catalog by number: a name would need the very right to its schema that may be missing.
    private const string Lacking =
        """
        SELECT current_user::text, string_agg(lacking, '; ' ORDER BY place, lacking) FROM (
          SELECT 1 AS place, 'USAGE on schema ' || quote_ident(n.nspname) AS lacking
          FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('streamagg', @schema) AND NOT has_schema_privilege(n.oid, 'USAGE')
          UNION ALL
          SELECT 2, string_agg(needed.name, ', ' ORDER BY needed.place) || ' on ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          CROSS JOIN LATERAL unnest(CASE
            WHEN n.nspname = @schema THEN ARRAY['SELECT', 'INSERT', 'UPDATE']
            WHEN c.relkind = 'S' THEN ARRAY['USAGE']
            WHEN c.relkind = 'v' OR c.relname = 'migration' THEN ARRAY['SELECT']
            ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END) WITH ORDINALITY AS needed(name, place)
          WHERE ((n.nspname = 'streamagg' AND c.relkind IN ('r', 'p', 'v', 'S'))
              OR (n.nspname = @schema AND c.relname = ANY (@tables)))
            AND NOT CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, needed.name) ELSE has_table_privilege(c.oid, needed.name) END
          GROUP BY n.nspname, c.relname) AS missing
        """;

    /// <summary>Names each right and how it is given; null where none is lacking.</summary>
    public static async Task<Diagnosis?> LackingAsync(StoreTransaction transaction, string publishSchema, IReadOnlyList<Rollup> rollups)
    {
        Diagnosis? lacking = null;
        string[] tables = [.. TableShape.Published(rollups).Select(table => table.Name)];
        await transaction.QueryAsync(Lacking, p => p.With("schema", publishSchema).With("tables", tables), row =>
        {
            if (!row.IsDBNull(1))
                lacking = new(
                    $"The role {row.GetString(0)} lacks {row.GetString(1)}:",
                    $"run deploy/roles.sql as an administrator and `GRANT streamagg_service TO {SqlIdentifier.Quote(row.GetString(0))}`, or grant these rights one by one.");
        });
        return lacking;
    }
}
