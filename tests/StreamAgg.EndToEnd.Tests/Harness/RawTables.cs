using Npgsql;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>
/// A gateway's own tables in the deployment's database, and PostgreSQL's own reading of them. Who fills from them may select and no more.
/// </summary>
internal static class RawTables
{
    /// <summary>Makes the tables, and the view that <see cref="SqlAnswer"/> compares by.</summary>
    public static async Task CreateAsync(Deployment deployment)
    {
        string name = new NpgsqlConnectionStringBuilder(deployment.MigratorConnectionString).Database!;
        await deployment.ExecuteAsync(
            $"""
            CREATE TABLE groups (id integer PRIMARY KEY, platform text);
            CREATE TABLE accounts (id bigint PRIMARY KEY, platform text);
            CREATE TABLE usage_logs (created_at timestamptz, duration_ms numeric, group_id bigint, account_id bigint);
            CREATE TABLE ops_error_logs (created_at timestamptz, platform text, status_code integer, error_type text, error_message text, is_timeout boolean, group_id bigint, account_id bigint);
            CREATE INDEX ON usage_logs (created_at);
            CREATE INDEX ON ops_error_logs (created_at);
            INSERT INTO groups VALUES (1, 'anthropic'), (2, 'openai'), (3, 'gemini'), (4, ''), (5, 'azure 東 😀'), (6, NULL);
            INSERT INTO accounts SELECT id, (ARRAY['anthropic', 'kiro'])[1 + id % 2] FROM generate_series(1, 20) AS id;
            CREATE VIEW raw_event AS
              SELECT false AS is_error, jsonb_build_object('created_at', u.created_at, 'group_platform', g.platform, 'account_platform', a.platform, 'duration_ms', u.duration_ms) AS line
              FROM usage_logs u LEFT JOIN groups g ON g.id = u.group_id LEFT JOIN accounts a ON a.id = u.account_id
              UNION ALL
              SELECT true, jsonb_build_object('created_at', e.created_at, 'platform', e.platform, 'group_platform', g.platform, 'account_platform', a.platform, 'status_code', e.status_code,
                'error_type', e.error_type, 'error_message', e.error_message, 'is_timeout', e.is_timeout)
              FROM ops_error_logs e LEFT JOIN groups g ON g.id = e.group_id LEFT JOIN accounts a ON a.id = e.account_id;
            DO $$
            BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'test_raw') THEN
                CREATE ROLE test_raw LOGIN PASSWORD 'w';
              END IF;
            END
            $$;
            GRANT CONNECT ON DATABASE {name} TO test_raw;
            GRANT SELECT ON groups, accounts, usage_logs, ops_error_logs TO test_raw;
            """);
        deployment.Settings["Raw:ConnectionString"] = Databases.As(deployment.MigratorConnectionString, "test_raw", "w");
    }

    /// <summary>A row for each event.</summary>
    public static async Task AddAsync(Deployment deployment, IReadOnlyCollection<GatewayEvent> events)
    {
        await using var command = deployment.Database.CreateCommand(
            """
            WITH line AS (SELECT unnest($1)::jsonb AS l),
              usage AS (INSERT INTO usage_logs SELECT (l->>'created_at')::timestamptz, (l->>'duration_ms')::numeric, g.id FROM line JOIN groups g ON g.platform = l->>'platform' WHERE NOT (l->'is_error')::boolean)
            INSERT INTO ops_error_logs SELECT (l->>'created_at')::timestamptz, l->>'platform', (l->>'status_code')::int, l->>'error_type', l->>'error_message', (l->>'is_timeout')::boolean FROM line WHERE (l->'is_error')::boolean
            """);
        command.Parameters.AddWithValue(events.Select(e => e.ToJson().Insert(1, $"\"is_error\":{(e.IsError ? "true" : "false")},")).ToArray());
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Rows of whole days, made by the server itself; few enough different durations for every p99 to be exact.</summary>
    public static Task GenerateAsync(Deployment deployment, string from, int days, int rows) => deployment.ExecuteAsync(
        $"""
        INSERT INTO usage_logs SELECT '{from}'::timestamptz + i * (interval '{days} days' / {rows}), 10.5 + i * 7 % 60, CASE WHEN i % 5 > 0 THEN 1 + i % 8 END, i % 25
        FROM generate_series(0, {rows - 1}) AS i;
        INSERT INTO ops_error_logs SELECT '{from}'::timestamptz + i * (interval '{days} days' / {rows / 10}), (ARRAY['openai', '', NULL])[1 + i % 3], (ARRAY[429, 500, 504, NULL])[1 + i % 4],
          (ARRAY['api_error', 'Timeout_Error'])[1 + i % 2], (ARRAY['bad request', 'context deadline EXCEEDED', NULL])[1 + i % 3], NULL, i % 7, i % 25
        FROM generate_series(0, {rows / 10 - 1}) AS i;
        ANALYZE usage_logs, ops_error_logs;
        """);
}
