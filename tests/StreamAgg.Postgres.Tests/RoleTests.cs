using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Schema;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

/// <summary>deploy/roles.sql, as an administrator and as migrate runs it.</summary>
public class RoleTests(TestServer server)
{
    private const string Remedy = ": run deploy/roles.sql as an administrator and `GRANT streamagg_service TO \"test_service\"`, or grant these rights one by one.";

    [Fact]
    public async Task The_service_counts_and_publishes_where_it_may_make_nothing_and_the_reader_only_looks()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Assert.Equal(["False|False|False|False|False"], await database.RowsAsync(
            """
            SELECT has_database_privilege('test_service', current_database(), 'TEMPORARY'), has_database_privilege('test_service', current_database(), 'CREATE'),
              has_schema_privilege('test_service', 'streamagg', 'CREATE'), has_schema_privilege('test_service', 'public', 'CREATE'),
              has_table_privilege('test_service', 'public.ops_metrics_hourly', 'TRUNCATE')
            """));
        await CheckRightsAsync(database.Options);
        await database.Store.CommitAsync(Checkpoint(Usage0, await database.Store.FenceAsync(Usage0), 1, [.. Enumerable.Range(0, 900).Select(i => Row(0, $"p{i}", i))])
            with
        { Watermark = Hour(30).Start });
        var (hours, days) = await database.Store.PublishAsync(Usage0);
        Assert.Equal((900, 900), (hours.RowsWritten, days.RowsWritten));

        PostgresOptions reader = TestServer.As(database.Options.ConnectionString, "test_reader", "r");
        await using NpgsqlDataSource source = PostgresDataSource.Create(reader);
        Assert.Equal(SchemaState.Fits, (await new Migrator(source, reader).CheckSchemaAsync(None)).State);
        var queries = new AggregateQueries(source, "default", "public");
        Assert.Single((await queries.StatusAsync(null, None)).Partitions);
        Assert.Equal(900, (await queries.QuantileAsync(0.5, null, null, null, None)).Count);
        Assert.Equal(100, (await queries.RowsAsync(RowTable.Hourly, null, Hour(0).Start, Hour(1).Start, 100, None)).Count);
        await using var looking = new TestDatabase(reader);
        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(() => looking.ExecuteAsync("DELETE FROM streamagg.gap"));
        Assert.Equal("42501", refused.SqlState);
    }

    [Theory]
    [InlineData("REVOKE INSERT, UPDATE ON public.ops_metrics_hourly FROM streamagg_service", "INSERT, UPDATE on public.ops_metrics_hourly")]
    [InlineData("REVOKE DELETE ON streamagg.partial FROM streamagg_service; REVOKE ALL ON SEQUENCE streamagg.mark_seq FROM streamagg_service", "DELETE on streamagg.partial; USAGE on streamagg.mark_seq")]
    [InlineData("REVOKE USAGE ON SCHEMA streamagg FROM streamagg_service", "USAGE on schema streamagg")]
    public async Task A_right_that_is_missing_is_named_with_who_gives_it_and_roles_sql_gives_it_again(string revoke, string lacking)
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await database.ExecuteAsync(revoke);
        SchemaMismatchException named = await Assert.ThrowsAsync<SchemaMismatchException>(() => CheckRightsAsync(database.Options));
        Assert.Equal("The role test_service lacks " + lacking + Remedy, named.Message);

        await database.ExecuteAsync(MigrationScript.Roles);
        await database.ExecuteAsync(MigrationScript.Roles);
        await CheckRightsAsync(database.Options);
    }

    [Fact]
    public async Task What_an_administrator_migrated_becomes_the_migrator_s_who_goes_on_from_there()
    {
        PostgresOptions administrator = await server.CreateDatabaseAsync();
        await using var database = new TestDatabase(administrator);
        await database.ExecuteAsync("CREATE SCHEMA \"ops metrics\"");
        administrator = administrator with { PublishSchema = "ops metrics" };
        await new Migrator(database.Source, administrator).MigrateAsync(isDryRun: false, None);
        PostgresOptions service = TestServer.As(administrator.ConnectionString, "test_service", "s"), migrator = TestServer.As(administrator.ConnectionString, "test_migrator", "m");
        (service, migrator) = (service with { PublishSchema = "ops metrics" }, migrator with { PublishSchema = "ops metrics" });
        await CheckRightsAsync(service);
        Assert.Equal(["streamagg_migrator"], await database.RowsAsync(
            """
            SELECT DISTINCT pg_get_userbyid(owner) FROM (SELECT relowner FROM pg_class WHERE relnamespace = 'streamagg'::regnamespace
              UNION SELECT proowner FROM pg_proc WHERE pronamespace = 'streamagg'::regnamespace UNION SELECT nspowner FROM pg_namespace WHERE nspname = 'streamagg') AS o(owner)
            """));

        // A table of a later version, made by a member of the migrator's role: the service may use it at once.
        await database.ExecuteAsync("DELETE FROM streamagg.migration WHERE name = '0001_state'; DROP TABLE streamagg.gap");
        await using (NpgsqlDataSource source = PostgresDataSource.Create(migrator))
            Assert.Equal(["0001_state"], await new Migrator(source, migrator).MigrateAsync(isDryRun: false, None));
        await CheckRightsAsync(service);
        Assert.Equal(["True"], await database.RowsAsync("SELECT has_table_privilege('test_service', 'streamagg.gap', 'INSERT')"));
    }

    [Fact]
    public async Task A_batch_job_s_tables_stay_its_own_and_an_administrator_lets_the_service_write_them()
    {
        PostgresOptions administrator = await server.CreateDatabaseAsync();
        await using var database = new TestDatabase(administrator);
        await database.ExecuteAsync($"DROP ROLE IF EXISTS batch; CREATE ROLE batch; {MigrationScript.Roles}; GRANT ALL ON SCHEMA public TO batch; SET ROLE batch; {MigrationScript.All.Single(s => s.IsPerPublishSchema).Sql}; RESET ROLE");
        PostgresOptions service = TestServer.As(administrator.ConnectionString, "test_service", "s"), migrator = TestServer.As(administrator.ConnectionString, "test_migrator", "m");
        await using (NpgsqlDataSource source = PostgresDataSource.Create(migrator))
            await new Migrator(source, migrator).MigrateAsync(isDryRun: false, None);
        SchemaMismatchException named = await Assert.ThrowsAsync<SchemaMismatchException>(() => CheckRightsAsync(service));
        Assert.Contains("SELECT, INSERT, UPDATE on public.ops_metrics_daily; SELECT, INSERT, UPDATE on public.ops_metrics_hourly", named.Message, StringComparison.Ordinal);

        await database.ExecuteAsync(MigrationScript.Roles);
        await CheckRightsAsync(service);
        Assert.Equal(["batch", "batch"], await database.RowsAsync("SELECT tableowner::text FROM pg_tables WHERE schemaname = 'public'"));
        await database.ExecuteAsync("DROP TABLE ops_metrics_hourly, ops_metrics_daily; REVOKE ALL ON SCHEMA public FROM batch; DROP ROLE batch");
    }

    [Fact]
    public async Task A_role_without_any_right_is_told_which_role_to_be_granted()
    {
        PostgresOptions administrator = await server.CreateDatabaseAsync();
        await using var database = new TestDatabase(administrator);
        await database.ExecuteAsync(MigrationScript.Roles);
        await new Migrator(database.Source, administrator).MigrateAsync(isDryRun: false, None);
        await database.ExecuteAsync("DROP ROLE IF EXISTS nobody; CREATE ROLE nobody LOGIN PASSWORD 'n'");
        PostgresOptions nobody = TestServer.As(administrator.ConnectionString, "nobody", "n");
        await using NpgsqlDataSource source = PostgresDataSource.Create(nobody);
        var migrator = new Migrator(source, nobody);
        Assert.Contains("streamagg_service (to run) or streamagg_reader", (await Assert.ThrowsAsync<SchemaMismatchException>(() => migrator.CheckSchemaAsync(None))).Message, StringComparison.Ordinal);
        Assert.Contains("grant streamagg_migrator to", (await Assert.ThrowsAsync<SchemaMismatchException>(() => migrator.MigrateAsync(isDryRun: false, None))).Message, StringComparison.Ordinal);
        await database.ExecuteAsync("DROP ROLE nobody");
    }

    private static async Task CheckRightsAsync(PostgresOptions options)
    {
        await using NpgsqlDataSource source = PostgresDataSource.Create(options);
        await new Migrator(source, options).CheckRightsAsync(None);
    }
}
