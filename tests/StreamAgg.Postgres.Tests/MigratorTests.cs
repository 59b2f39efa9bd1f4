using Npgsql;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Postgres.Tests;

public class MigratorTests(TestServer server)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_new_database_is_missing_the_schema_and_fits_once_migrated()
    {
        await using var database = new TestDatabase(await server.CreateDatabaseAsync());
        var migrator = new Migrator(database.Source, database.Options);
        SchemaCheck before = await migrator.CheckSchemaAsync(None);
        Assert.Equal(SchemaState.Missing, before.State);
        Assert.Contains("streamagg migrate", before.Remedy, StringComparison.Ordinal);

        Assert.Equal(before.Pending, await migrator.MigrateAsync(isDryRun: true, None));
        Assert.Equal(SchemaState.Missing, (await migrator.CheckSchemaAsync(None)).State);

        Assert.Equal(before.Pending, await migrator.MigrateAsync(isDryRun: false, None));
        Assert.Equal(SchemaState.Fits, (await migrator.CheckSchemaAsync(None)).State);
        Assert.Empty(await migrator.MigrateAsync(isDryRun: false, None));
    }

    [Fact]
    public async Task The_published_tables_have_the_contract_s_columns_keys_indexes_and_comments()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        const string common = "platform character varying(50),request_count bigint,success_count bigint,error_count bigint,error_4xx_count bigint,"
            + "error_5xx_count bigint,timeout_count bigint,avg_latency_ms double precision,p99_latency_ms double precision,error_rate double precision,computed_at timestamp with time zone";
        const string columns = "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM pg_attribute WHERE attnum > 0 AND attrelid = '{0}'::regclass";
        Assert.Equal("bucket_start timestamp with time zone," + common, await database.ScalarAsync<string>(columns.Replace("{0}", "ops_metrics_hourly", StringComparison.Ordinal)));
        Assert.Equal("bucket_date date," + common, await database.ScalarAsync<string>(columns.Replace("{0}", "ops_metrics_daily", StringComparison.Ordinal)));
        Assert.Equal(
            [
                "CREATE INDEX idx_ops_metrics_daily_platform_bucket_date ON public.ops_metrics_daily USING btree (platform, bucket_date DESC)",
                "CREATE INDEX idx_ops_metrics_hourly_platform_bucket_start ON public.ops_metrics_hourly USING btree (platform, bucket_start DESC)",
                "CREATE UNIQUE INDEX ops_metrics_daily_pkey ON public.ops_metrics_daily USING btree (bucket_date, platform)",
                "CREATE UNIQUE INDEX ops_metrics_hourly_pkey ON public.ops_metrics_hourly USING btree (bucket_start, platform)",
            ],
            await database.RowsAsync("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexdef COLLATE \"C\""));
        Assert.Equal(
            ["ops_metrics_daily||0", "ops_metrics_daily|bucket_date|1", "ops_metrics_daily|computed_at|12", "ops_metrics_daily|error_rate|11", "ops_metrics_daily|platform|2",
                "ops_metrics_hourly||0", "ops_metrics_hourly|bucket_start|1", "ops_metrics_hourly|computed_at|12", "ops_metrics_hourly|error_rate|11", "ops_metrics_hourly|platform|2"],
            await database.RowsAsync(
                "SELECT c.relname::text, a.attname::text, d.objsubid FROM pg_description d JOIN pg_class c ON c.oid = d.objoid LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0 WHERE c.relname LIKE 'ops\\_%' ORDER BY 1, 2 NULLS FIRST"));
    }

    [Fact]
    public async Task Many_migrators_at_once_apply_each_migration_once()
    {
        await using var database = new TestDatabase(await server.CreateDatabaseAsync());
        IReadOnlyList<string>[] applied = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => new Migrator(database.Source, database.Options).MigrateAsync(isDryRun: false, None)));
        Assert.Single(applied, names => names.Count > 0);
        Assert.Equal(MigrationScript.All.Count, await database.ScalarAsync<long>("SELECT count(*) FROM streamagg.migration"));
    }

    [Fact]
    public async Task Tables_that_are_there_with_rows_are_taken_as_they_are()
    {
        await using var database = new TestDatabase(await server.CreateDatabaseAsync());
        string script = MigrationScript.All.Single(s => s.IsPerPublishSchema).Sql;
        await database.ExecuteAsync(script);
        await database.ExecuteAsync("INSERT INTO ops_metrics_hourly (bucket_start, platform, request_count) VALUES ('2026-01-01Z', 'x', 7)");
        await new Migrator(database.Source, database.Options).MigrateAsync(isDryRun: false, None);
        Assert.Equal(["7"], await database.RowsAsync("SELECT request_count FROM ops_metrics_hourly"));
    }

    [Fact]
    public async Task Writers_of_a_table_that_is_there_do_not_queue_behind_a_migration_that_waits_for_it()
    {
        await using var database = new TestDatabase(await server.CreateDatabaseAsync());
        await database.ExecuteAsync(MigrationScript.All.Single(s => s.IsPerPublishSchema).Sql);
        await database.ExecuteAsync("DROP INDEX idx_ops_metrics_hourly_platform_bucket_start, idx_ops_metrics_daily_platform_bucket_date");
        await using NpgsqlConnection batch = await database.Source.OpenConnectionAsync(None);
        await using NpgsqlTransaction holding = await batch.BeginTransactionAsync(None);
        await using (var write = new NpgsqlCommand("INSERT INTO ops_metrics_hourly (bucket_start, platform) VALUES (now(), 'batch')", batch))
            await write.ExecuteNonQueryAsync(None);

        Task<IReadOnlyList<string>> migration = new Migrator(database.Source, database.Options).MigrateAsync(isDryRun: false, None);
        while (await database.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ops_metrics_hourly'::regclass") == 0)
            await Task.Delay(10, None);
        // Behind the waiting CREATE INDEX: the write gets through although the lock that it waits for is held on.
        await database.ExecuteAsync("SET LOCAL lock_timeout = '30s'; INSERT INTO ops_metrics_hourly (bucket_start, platform) VALUES (now(), 'another')");
        Assert.False(migration.IsCompleted);
        await holding.RollbackAsync(None);

        Assert.NotEmpty(await migration);
        Assert.Equal(["another"], await database.RowsAsync("SELECT platform FROM ops_metrics_hourly"));
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'idx_ops_metrics_%'"));
    }

    [Theory]
    [InlineData("ALTER TABLE ops_metrics_hourly DROP COLUMN timeout_count", "public.ops_metrics_hourly has no column timeout_count (bigint)")]
    [InlineData("ALTER TABLE ops_metrics_daily ALTER request_count TYPE integer", "public.ops_metrics_daily has request_count as integer where bigint is needed")]
    [InlineData("ALTER TABLE ops_metrics_daily ADD team text", "public.ops_metrics_daily has a column team that is not ours")]
    [InlineData("ALTER TABLE ops_metrics_hourly ALTER error_rate DROP NOT NULL", "public.ops_metrics_hourly has error_rate nullable where NOT NULL is needed")]
    [InlineData("ALTER TABLE ops_metrics_hourly DROP CONSTRAINT ops_metrics_hourly_pkey", "public.ops_metrics_hourly has no primary key where (bucket_start, platform) is needed")]
    [InlineData("ALTER TABLE ops_metrics_hourly DROP CONSTRAINT ops_metrics_hourly_pkey, ADD PRIMARY KEY (bucket_start, platform) DEFERRABLE", "public.ops_metrics_hourly has a DEFERRABLE primary key")]
    [InlineData("ALTER TABLE ops_metrics_hourly DROP COLUMN error_rate, ADD error_rate double precision NOT NULL", "public.ops_metrics_hourly has its columns in another order")]
    [InlineData("DROP TABLE ops_metrics_hourly; CREATE VIEW ops_metrics_hourly AS SELECT 1 AS one", "public.ops_metrics_hourly is no table")]
    public async Task A_table_of_another_shape_is_refused_with_the_difference_and_left_alone(string change, string difference)
    {
        await using var database = new TestDatabase(await server.CreateDatabaseAsync());
        await database.ExecuteAsync(MigrationScript.All.Single(s => s.IsPerPublishSchema).Sql);
        await database.ExecuteAsync(change);
        var migrator = new Migrator(database.Source, database.Options);
        SchemaMismatchException refused = await Assert.ThrowsAsync<SchemaMismatchException>(() => migrator.MigrateAsync(isDryRun: false, None));
        Assert.StartsWith(difference, refused.Message, StringComparison.Ordinal);
        Assert.Contains("StreamAgg:Postgres:PublishSchema", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.False(await database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'streamagg')"));

        // The way out that the message names.
        var elsewhere = new PostgresOptions { ConnectionString = database.Options.ConnectionString, PublishSchema = "ops \"metrics\"" };
        await new Migrator(database.Source, elsewhere).MigrateAsync(isDryRun: false, None);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM \"ops \"\"metrics\"\"\".ops_metrics_hourly"));
    }

    [Fact]
    public async Task What_the_keys_index_only_includes_is_no_difference()
    {
        await using var database = new TestDatabase(await server.CreateDatabaseAsync());
        await database.ExecuteAsync(MigrationScript.All.Single(s => s.IsPerPublishSchema).Sql);
        await database.ExecuteAsync(
            "ALTER TABLE ops_metrics_hourly DROP CONSTRAINT ops_metrics_hourly_pkey, ADD PRIMARY KEY (bucket_start, platform) INCLUDE (request_count)");
        Assert.NotEmpty(await new Migrator(database.Source, database.Options).MigrateAsync(isDryRun: false, None));
    }

    [Fact]
    public async Task A_schema_that_is_newer_is_refused_and_one_that_is_older_is_told()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        var migrator = new Migrator(database.Source, database.Options);
        await database.ExecuteAsync("INSERT INTO streamagg.migration (name) VALUES ('9999_future')");
        SchemaCheck check = await migrator.CheckSchemaAsync(None);
        Assert.Equal((SchemaState.Newer, "9999_future"), (check.State, Assert.Single(check.Unknown)));
        await Assert.ThrowsAsync<SchemaMismatchException>(() => migrator.MigrateAsync(isDryRun: false, None));

        await database.ExecuteAsync("DELETE FROM streamagg.migration WHERE name = '9999_future' OR publish_schema <> ''");
        check = await migrator.CheckSchemaAsync(None);
        Assert.Equal((SchemaState.Older, "0002_published_tables"), (check.State, Assert.Single(check.Pending)));
    }

    [Fact]
    public async Task A_published_table_that_was_dropped_is_told_and_made_again_beside_the_one_that_is_there()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        var migrator = new Migrator(database.Source, database.Options);
        await database.ExecuteAsync("INSERT INTO ops_metrics_daily (bucket_date, platform, request_count) VALUES ('2026-01-01', 'x', 7); DROP TABLE ops_metrics_hourly");

        SchemaCheck check = await migrator.CheckSchemaAsync(None);
        Assert.Equal(SchemaState.TableMissing, check.State);
        Assert.StartsWith("public.ops_metrics_hourly was dropped; run `streamagg migrate`", check.Remedy, StringComparison.Ordinal);
        Assert.Equal(["0002_published_tables"], await migrator.MigrateAsync(isDryRun: false, None));

        Assert.Equal(SchemaState.Fits, (await migrator.CheckSchemaAsync(None)).State);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM ops_metrics_hourly"));
        Assert.Equal(["7"], await database.RowsAsync("SELECT request_count FROM ops_metrics_daily"));
    }

    [Fact]
    public async Task One_pipeline_publishes_into_a_schema_and_another_is_refused()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await new Migrator(database.Source, database.Options).RegisterPipelineAsync(None);
        await new Migrator(database.Source, database.Options).RegisterPipelineAsync(None);

        Migrator Other(string pipeline, string schema) =>
            new(database.Source, new PostgresOptions { ConnectionString = database.Options.ConnectionString, PipelineId = pipeline, PublishSchema = schema });
        PublishSchemaTakenException taken = await Assert.ThrowsAsync<PublishSchemaTakenException>(() => Other("blue", "public").RegisterPipelineAsync(None));
        Assert.Equal("The pipeline 'default' publishes into the schema 'public', 'blue' can't; set StreamAgg:Postgres:PublishSchema to a schema of its own.", taken.Message);
        await Assert.ThrowsAsync<PublishSchemaTakenException>(() => Other("blue", "public").MigrateAsync(isDryRun: false, None));
        await Assert.ThrowsAsync<PublishSchemaTakenException>(() => Other("default", "elsewhere").RegisterPipelineAsync(None));
        Assert.Equal(["0002_published_tables"], await Other("blue", "elsewhere").MigrateAsync(isDryRun: false, None));
        await Other("blue", "elsewhere").RegisterPipelineAsync(None);
    }

    [Fact]
    public async Task A_missing_right_and_a_missing_database_are_told_in_one_line()
    {
        await using var database = new TestDatabase(await server.CreateDatabaseAsync());
        await database.ExecuteAsync("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'r'");
        var reader = new NpgsqlConnectionStringBuilder(database.Options.ConnectionString) { Username = "reader", Password = "r" };
        var options = new PostgresOptions { ConnectionString = reader.ConnectionString };
        await using (NpgsqlDataSource source = PostgresDataSource.Create(options))
        {
            SchemaMismatchException refused = await Assert.ThrowsAsync<SchemaMismatchException>(() => new Migrator(source, options).MigrateAsync(isDryRun: false, None));
            Assert.Contains("permission denied", refused.Message, StringComparison.Ordinal);
        }
        var nowhere = new NpgsqlConnectionStringBuilder(database.Options.ConnectionString) { Database = "nowhere" };
        options = new PostgresOptions { ConnectionString = nowhere.ConnectionString };
        await using (NpgsqlDataSource source = PostgresDataSource.Create(options))
        {
            SchemaMismatchException refused = await Assert.ThrowsAsync<SchemaMismatchException>(() => new Migrator(source, options).CheckSchemaAsync(None));
            Assert.Contains("create the database", refused.Message, StringComparison.Ordinal);
        }
    }
}
