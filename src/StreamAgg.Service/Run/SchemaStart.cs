using StreamAgg.Postgres.Schema;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Run;

/// <summary>The first thing that <c>run</c> connects to: PostgreSQL must answer and its schema must fit.</summary>
internal sealed class SchemaStart(Migrator migrator, ServerWait wait, ILogger logger)
{
    /// <summary>What to look at where PostgreSQL does not answer.</summary>
    public const string Remedy = "Start it, or correct StreamAgg:Postgres:ConnectionString.";

    /// <exception cref="SchemaMismatchException">The schema does not fit, or a right is missing; the message names the remedy.</exception>
    /// <exception cref="PublishSchemaTakenException">Another pipeline publishes into the schema.</exception>
    public async Task CheckAsync(bool migrates, CancellationToken stop)
    {
        if (migrates)
        {
            var applied = await wait.AskAsync("PostgreSQL", Remedy, token => migrator.MigrateAsync(isDryRun: false, token), stop);
            if (applied.Count > 0)
                logger.Migrated(string.Join(", ", applied));
        }

        var check = await wait.AskAsync("PostgreSQL", Remedy, migrator.CheckSchemaAsync, stop);
        if (check.Diagnosis is { } diagnosis)
            throw new SchemaMismatchException(diagnosis);
        await wait.AskAsync("PostgreSQL", Remedy, async token =>
        {
            await migrator.CheckRightsAsync(token);
            await migrator.RegisterPipelineAsync(token);
            return true;
        }, stop);
        logger.StoreReady();
    }
}
