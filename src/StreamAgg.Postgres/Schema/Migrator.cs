using System.Diagnostics;
using Npgsql;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Schema;

/// <summary>Brings the database to this binary's schema, and tells whether it is there. Safe to run from many places at once.</summary>
/// <param name="database">Not disposed here.</param>
/// <param name="options">Which pipeline, publishing into which schema.</param>
public sealed class Migrator(NpgsqlDataSource database, PostgresOptions options)
{
    // Any number that nobody else is likely to take: the letters of "streamag".
    private const long LockKey = 0x73747265616D6167;

    // Where deploy/roles.sql was run everything belongs to one role, whoever of its members migrates. An administrator may do more: he stays what he
    // is.
    private const string BecomeMigrator =
        """
        DO $$
        BEGIN
          IF EXISTS (SELECT FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
              WHERE n.nspname = 'streamagg' AND r.rolname = 'streamagg_migrator' AND pg_has_role(r.oid, 'MEMBER'))
            AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
            SET LOCAL ROLE streamagg_migrator;
          END IF;
        END
        $$
        """;

    private const string MigratorRole = "streamagg_migrator", ServiceRole = "streamagg_service",
        LookingRoles = "streamagg_service (to run) or streamagg_reader (to look)";

    private const string HasRoles =
        "SELECT count(*) = 3 FROM pg_catalog.pg_roles WHERE rolname IN ('streamagg_migrator', 'streamagg_service', 'streamagg_reader')";

    /// <summary>How long a lock on a table is waited for: behind a CREATE INDEX that waits, every writer of the table waits too.</summary>
    private const string TableLockTimeout = "2s";

    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(120), LockPause = TimeSpan.FromSeconds(2);

    private const string CreateJournal =
        """
        DO $$
        BEGIN
          IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'streamagg') THEN
            CREATE SCHEMA streamagg;
          END IF;
        END
        $$;
        CREATE TABLE IF NOT EXISTS streamagg.migration (
          name            text NOT NULL,
          publish_schema  text NOT NULL DEFAULT '',
          applied_at      timestamptz NOT NULL DEFAULT now(),
          PRIMARY KEY (name, publish_schema)
        );
        COMMENT ON TABLE streamagg.migration IS 'Which files of migrations/ were applied; publish_schema is empty where one is applied once in the database.';
        """;

    /// <summary>Applies what is missing, in order, in one transaction: all of it or nothing.</summary>
    /// <returns>The names of what was (or would be) applied.</returns>
    /// <exception cref="SchemaMismatchException">The schema is newer, a published table has another shape, or a right is missing.</exception>
    /// <exception cref="PublishSchemaTakenException">Another pipeline publishes into that schema.</exception>
    /// <exception cref="StoreUnavailableException">The server can't be reached.</exception>
    /// <exception cref="CommitOutcomeUnknownException">No answer to COMMIT: run it again.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(bool isDryRun, CancellationToken cancellation)
    {
        long startedAt = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await TryMigrateAsync(isDryRun, cancellation);
            }
            catch (StoreUnavailableException locked)
                when (locked.InnerException is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } refused)
            {
                if (Stopwatch.GetElapsedTime(startedAt) >= LockTimeout)
                    throw new SchemaMismatchException(
                        new(
                            $"PostgreSQL refused: {refused.MessageText}; for {LockTimeout.TotalSeconds:0} s another session has held a lock that `streamagg migrate` needs:",
                            "find it in pg_stat_activity and pg_locks, end it, and run this again."), locked);
            }
            await Task.Delay(LockPause, cancellation);
        }
    }

    private async Task<IReadOnlyList<string>> TryMigrateAsync(bool isDryRun, CancellationToken cancellation)
    {
        IReadOnlyList<string> applied = [];
        await ExplainAsync(MigratorRole, () => StoreTransaction.WriteAsync(database, async transaction =>
        {
            // One migrator at a time; the others wait here and then find nothing to do. A dry run reads only, and waits for nobody.
            if (!isDryRun)
            {
                await transaction.ExecuteAsync("SELECT set_config('lock_timeout', '120s', true), set_config('statement_timeout', '0', true)");
                await transaction.ExecuteScriptAsync($"SELECT pg_advisory_xact_lock({LockKey})");
                await transaction.ExecuteScriptAsync($"SET LOCAL lock_timeout = '{TableLockTimeout}'");
            }
            await transaction.ExecuteScriptAsync(BecomeMigrator);
            SchemaCheck check = await CheckAsync(transaction);
            if (check.State is SchemaState.Newer or SchemaState.Different)
                throw new SchemaMismatchException(check.Diagnosis!);
            await RefuseTakenSchemaAsync(transaction);
            applied = check.Pending;
            if (isDryRun || applied.Count == 0)
                return false;
            await ApplyAsync(transaction, [.. applied.Where(name => MigrationScript.All.Any(script => script.Name == name))]);
            await new RollupSchema(options).ApplyAsync(transaction);
            await GrantAsync(transaction);
            // What was created by somebody else between the check and now would be caught here.
            if (await TableShape.DifferencesAsync(transaction, options.PublishSchema, options.Rollups) is { Count: > 0 } differences)
                throw new SchemaMismatchException(SchemaCheck.OfShape(differences));
            return true;
        }, cancellation));
        return applied;
    }

    /// <summary>How the schema stands to this binary. Writes nothing.</summary>
    /// <exception cref="SchemaMismatchException">A right is missing.</exception>
    /// <exception cref="StoreUnavailableException">The server can't be reached.</exception>
    public async Task<SchemaCheck> CheckSchemaAsync(CancellationToken cancellation)
    {
        SchemaCheck? check = null;
        await ExplainAsync(LookingRoles, async () => check = await StoreTransaction.ReadAsync(database, CheckAsync, cancellation));
        return check!;
    }

    /// <summary>Every right that `run` needs, asked for before it is needed: one would otherwise be missed when the first hour closes.</summary>
    /// <exception cref="SchemaMismatchException">Some are missing; the message names them and who gives them.</exception>
    /// <exception cref="StoreUnavailableException">The server can't be reached.</exception>
    public async Task CheckRightsAsync(CancellationToken cancellation)
    {
        if (await StoreTransaction.ReadAsync(
            database, transaction => RequiredRights.LackingAsync(transaction, options.PublishSchema, options.Rollups), cancellation) is { } lacking)
            throw new SchemaMismatchException(lacking);
    }

    /// <summary>Whether the publish schema is this pipeline's, or free to become it. Writes nothing.</summary>
    /// <exception cref="PublishSchemaTakenException">The schema is another pipeline's, or this one publishes elsewhere.</exception>
    /// <exception cref="SchemaMismatchException">A right is missing.</exception>
    /// <exception cref="StoreUnavailableException">The server can't be reached.</exception>
    public Task CheckPipelineAsync(CancellationToken cancellation) =>
        ExplainAsync(LookingRoles, () => StoreTransaction.ReadAsync(database, async transaction =>
    {
        await RefuseTakenSchemaAsync(transaction);
        return true;
    }, cancellation));

    /// <summary>Makes the publish schema this pipeline's, for good. What `run` does before its first claim; again changes nothing.</summary>
    /// <exception cref="PublishSchemaTakenException">The schema is another pipeline's, or this one publishes elsewhere.</exception>
    /// <exception cref="StoreUnavailableException">The server can't be reached.</exception>
    /// <exception cref="CommitOutcomeUnknownException">No answer to COMMIT: call it again.</exception>
    public Task RegisterPipelineAsync(CancellationToken cancellation) =>
        ExplainAsync(ServiceRole, () => StoreTransaction.WriteAsync(database, async transaction =>
    {
        int inserted = await transaction.ExecuteAsync(
            "INSERT INTO streamagg.pipeline (id, publish_schema) VALUES (@id, @schema) ON CONFLICT DO NOTHING",
            p => p.With("id", options.PipelineId).With("schema", options.PublishSchema));
        await RefuseTakenSchemaAsync(transaction);
        return inserted > 0;
    }, cancellation));

    private async Task<SchemaCheck> CheckAsync(StoreTransaction transaction)
    {
        await RefuseEncodingAsync(transaction);
        List<string> differences = await TableShape.DifferencesAsync(transaction, options.PublishSchema, options.Rollups);
        bool hasJournal = false;
        await transaction.QueryAsync("SELECT to_regclass('streamagg.migration') IS NOT NULL", null, row => hasJournal = row.GetBoolean(0));
        var applied = new HashSet<(string Name, string Schema)>();
        if (hasJournal)
            await transaction.QueryAsync(
                "SELECT name, publish_schema FROM streamagg.migration", null, row => applied.Add((row.GetString(0), row.GetString(1))));

        // Somebody may have dropped a published table: its script makes it again, and leaves the other one as it is.
        List<string> missing = await TableShape.MissingAsync(transaction, options.PublishSchema, options.Rollups);
        bool IsApplied(MigrationScript script) => applied.Contains((script.Name, JournalSchema(script)));
        bool isPublishing = MigrationScript.All.Any(script => script.IsPerPublishSchema && IsApplied(script));
        string[] pending =
        [
            .. MigrationScript.All.Where(script => !IsApplied(script) || (script.IsPerPublishSchema && missing.Count > 0))
            .Select(script => script.Name),
        ];
        var rollups = new RollupSchema(options);
        IReadOnlyList<string> changes = await rollups.ChangesAsync(transaction, pending.Length < MigrationScript.All.Count);
        string[] unknown = [
            .. applied.Select(a => a.Name).Where(name => MigrationScript.All.All(script => script.Name != name)).Distinct()
            .Order(StringComparer.Ordinal)];
        SchemaState state = unknown.Length > 0 ? SchemaState.Newer
            : differences.Count > 0 ? SchemaState.Different
            : applied.Count == 0 ? SchemaState.Missing
            : changes.Count > 0 && MigrationScript.All.All(IsApplied) ? SchemaState.RollupsDiffer
            : isPublishing && missing.Count > 0 ? SchemaState.TableMissing
            : pending.Length > 0 ? SchemaState.Older
            : SchemaState.Fits;
        return new SchemaCheck(
            state, [.. pending, .. changes], unknown,
            state switch { SchemaState.TableMissing => missing, SchemaState.RollupsDiffer => changes, _ => differences });
    }

    private async Task ApplyAsync(StoreTransaction transaction, IReadOnlyList<string> names)
    {
        await transaction.ExecuteScriptAsync(CreateJournal);
        foreach (MigrationScript script in MigrationScript.All.Where(script => names.Contains(script.Name)))
        {
            if (script.IsPerPublishSchema)
            {
                bool isThere = false;
                await transaction.QueryAsync(
                    "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = @schema)",
                    p => p.With("schema", options.PublishSchema), row => isThere = row.GetBoolean(0));
                if (!isThere)
                    await transaction.ExecuteScriptAsync($"CREATE SCHEMA {SqlIdentifier.Quote(options.PublishSchema)}");
            }
            string path = script.IsPerPublishSchema ? SqlIdentifier.Quote(options.PublishSchema) : "pg_catalog";
            await transaction.ExecuteScriptAsync($"SET LOCAL search_path = {path}");
            await transaction.ExecuteScriptAsync(script.Sql);
            await transaction.ExecuteAsync(
                "INSERT INTO streamagg.migration (name, publish_schema) VALUES (@name, @schema) ON CONFLICT (name, publish_schema) DO UPDATE SET applied_at = now()",
                p => p.With("name", script.Name).With("schema", JournalSchema(script)));
        }
    }

    /// <summary>Gives the roles of deploy/roles.sql, where they are there, their rights to what was just made.</summary>
    private async Task GrantAsync(StoreTransaction transaction)
    {
        bool hasRoles = false;
        await transaction.QueryAsync(HasRoles, null, row => hasRoles = row.GetBoolean(0));
        if (!hasRoles)
            return;
        await transaction.ExecuteAsync("SELECT set_config('streamagg.publish_schema', @schema, true)", p => p.With("schema", options.PublishSchema));
        await transaction.ExecuteScriptAsync("SET LOCAL search_path = pg_catalog");
        await transaction.ExecuteScriptAsync(MigrationScript.Roles);
    }

    /// <summary>Labels are up to 50 code points and compared by their UTF-8 bytes: another encoding would refuse or change some.</summary>
    private static async Task RefuseEncodingAsync(StoreTransaction transaction)
    {
        string encoding = "";
        await transaction.QueryAsync("SELECT current_setting('server_encoding')", null, row => encoding = row.GetString(0));
        if (encoding != "UTF8")
            throw new SchemaMismatchException(
                new($"The database's encoding is {encoding};",
                    "create one with ENCODING 'UTF8' and name it in StreamAgg:Postgres:ConnectionString."));
    }

    private async Task RefuseTakenSchemaAsync(StoreTransaction transaction)
    {
        bool hasTable = false;
        await transaction.QueryAsync("SELECT to_regclass('streamagg.pipeline') IS NOT NULL", null, row => hasTable = row.GetBoolean(0));
        if (!hasTable)
            return;
        Diagnosis? taken = null;
        await transaction.QueryAsync(
            "SELECT id, publish_schema FROM streamagg.pipeline WHERE (id = @id) <> (publish_schema = @schema)",
            p => p.With("id", options.PipelineId).With("schema", options.PublishSchema),
            row => taken = row.GetString(0) == options.PipelineId
                ? new($"The pipeline '{options.PipelineId}' publishes into the schema '{row.GetString(1)}';",
                    "set StreamAgg:Postgres:PublishSchema to that, or choose another StreamAgg:Pipeline:Id.")
                : new($"The pipeline '{row.GetString(0)}' publishes into the schema '{options.PublishSchema}', '{options.PipelineId}' can't;",
                    "set StreamAgg:Postgres:PublishSchema to a schema of its own."));
        if (taken is not null)
            throw new PublishSchemaTakenException(taken);
    }

    private string JournalSchema(MigrationScript script) => script.IsPerPublishSchema ? options.PublishSchema : "";

    /// <summary>Puts what only an administrator can mend into one line.</summary>
    private static async Task ExplainAsync(string role, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new SchemaMismatchException(
                new($"PostgreSQL refused: {refused.MessageText};",
                    $"run deploy/roles.sql as an administrator and grant {role} to the role that logs in, or that right alone."), refused);
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidCatalogName)
        {
            throw new SchemaMismatchException(
                new($"PostgreSQL refused: {refused.MessageText};",
                    "create the database, or name another one in StreamAgg:Postgres:ConnectionString."), refused);
        }
    }
}
