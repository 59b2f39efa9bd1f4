using System.Globalization;
using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Rollups, held against SQL over the very events that were sent.</summary>
public sealed class RollupTests
{
    private const string Raw =
        """
        CREATE TABLE raw (created_at timestamptz, failed boolean, platform text, model text, duration_ms numeric, ttft_ms numeric, tokens bigint, cost numeric,
          status integer, upstream integer, cancelled boolean, limited boolean)
        """;

    private const int Chunk = 2000;

    private static readonly (string Name, string[] Dimensions)[] Rollups = [("by_model", ["model"]), ("overall", []), ("both", ["platform", "model"])];

    [Fact]
    public async Task Three_rollups_and_every_measure_are_what_SQL_makes_of_the_same_events()
    {
        await using var deployment = await Deployment.CreateAsync(isMigrated: false);
        foreach (var (name, dimensions) in Rollups)
            deployment.Settings[$"Rollups:{name}:Dimensions"] = string.Join(',', dimensions);
        deployment.Settings["Postgres:ConnectionString"] = deployment.MigratorConnectionString;
        await deployment.OutputAsync(0, "migrate");
        await deployment.ExecuteAsync(Raw);
        var process = deployment.Run();
        await SendAsync(deployment, 1, 600);

        await WaitAsync(deployment, 600);
        foreach (var (name, dimensions) in Rollups)
        {
            await AssertSameAsync(deployment, $"ops_metrics_{name}_hourly", "bucket_start", "date_trunc('hour', created_at, 'UTC')", dimensions);
            await AssertSameAsync(deployment, $"ops_metrics_{name}_daily", "bucket_date", "(created_at AT TIME ZONE 'UTC')::date", dimensions);
        }
        await AssertSameAsync(deployment, "streamagg.platform_hourly", "bucket_start", "date_trunc('hour', created_at, 'UTC')", ["platform"]);
        await AssertSameAsync(deployment, "streamagg.platform_daily", "bucket_date", "(created_at AT TIME ZONE 'UTC')::date", ["platform"]);
        Assert.Equal(0, await process.StopAsync());

        Assert.Equal(0, (await deployment.JsonOfAsync("verify", "--against", "log")).GetProperty("differences").GetInt32());
        var answer = await deployment.JsonOfAsync("quantile", "0.5", "--rollup", "by_model", "--where", "model=m1");
        long counted = await deployment.ScalarAsync("SELECT count(duration_ms) FROM raw WHERE model = 'm1'");
        Assert.Equal(counted, answer.GetProperty("count").GetInt64());
    }

    /// <remarks>With more events by hand: STREAMAGG_ROLLUP_EVENTS=1000000.</remarks>
    [Fact]
    public async Task A_rollup_that_is_added_while_members_run_begins_with_a_whole_hour_and_rebuild_fills_those_before()
    {
        int events = int.Parse(Environment.GetEnvironmentVariable("STREAMAGG_ROLLUP_EVENTS") ?? "6000", CultureInfo.InvariantCulture);
        await using var deployment = await Deployment.CreateAsync(isMigrated: false);
        deployment.Settings["Postgres:ConnectionString"] = deployment.MigratorConnectionString;
        foreach (var (name, dimensions) in Rollups[..2])
            deployment.Settings[$"Rollups:{name}:Dimensions"] = string.Join(',', dimensions);
        await deployment.OutputAsync(0, "migrate");
        await deployment.ExecuteAsync(Raw);
        ServiceProcess first = deployment.Run(), second = deployment.Run();
        await WaitForOwnersAsync(deployment, 2);
        await SendAsync(deployment, 2, events / 3);
        await deployment.WaitAsync(async () => await CountedAsync(deployment) > 0, () => "anything");
        await first.KillAsync();
        await WaitForOwnersAsync(deployment, 1);

        deployment.Settings["Rollups:both:Dimensions"] = "platform,model";
        await deployment.OutputAsync(0, "migrate");
        var third = deployment.Run();
        deployment.Settings.Remove("Rollups:both:Dimensions");
        Assert.Contains("streamagg migrate", await deployment.OutputAsync(3, "run"), StringComparison.Ordinal);
        deployment.Settings["Rollups:both:Dimensions"] = "platform,model";
        await WaitForOwnersAsync(deployment, 2);
        // Late ones among them, counted by a member that knows all rollups and by one that does not; then the rest, with hours of their own.
        await SendAsync(deployment, 3, events / 3);
        await deployment.WaitAsync(async () => await CountedAsync(deployment) == events / 3 * 2, () => "two thirds");
        Assert.Equal(0, await deployment.ScalarAsync("SELECT count(*) FROM ops_metrics_both_hourly"));
        Assert.Equal(0, await second.StopAsync());
        await SendAsync(deployment, 4, events / 3, hours: 5);
        await WaitForRollupAsync(deployment, "by_model", "'-infinity'", events / 3 * 3);
        await WaitForRollupAsync(deployment, "overall", "'-infinity'", events / 3 * 3);

        string whole = "(SELECT complete_from FROM streamagg.rollup WHERE name = 'both')";
        await WaitForRollupAsync(deployment, "both", whole, await deployment.ScalarAsync($"SELECT count(*) FROM raw WHERE created_at >= {whole}"));
        Assert.Equal(1, await deployment.ScalarAsync($"SELECT count(*) FROM (VALUES ({whole})) v(t) WHERE t = '2024-03-09T06:00:00Z'"));
        await AssertSameAsync(deployment, "ops_metrics_both_hourly", "bucket_start", "date_trunc('hour', created_at, 'UTC')", ["platform", "model"], whole);
        await deployment.OutputAsync(0, "rebuild", "--from", "2024-03-09T00:00:00Z", "--to", "2024-03-10T00:00:00Z");

        foreach (var (name, dimensions) in Rollups)
        {
            await AssertSameAsync(deployment, $"ops_metrics_{name}_hourly", "bucket_start", "date_trunc('hour', created_at, 'UTC')", dimensions);
            await AssertSameAsync(deployment, $"ops_metrics_{name}_daily", "bucket_date", "(created_at AT TIME ZONE 'UTC')::date", dimensions);
        }
        Assert.All(
            (await deployment.JsonOfAsync("status")).GetProperty("rollups").EnumerateArray().Where(rollup => rollup.GetProperty("name").GetString() == "both"),
            rollup => Assert.Equal("2024-03-09T00:00:00Z", rollup.GetProperty("complete_from").GetString()));
        Assert.Equal(0, (await deployment.JsonOfAsync("verify", "--against", "log")).GetProperty("differences").GetInt32());
        Assert.Equal(0, await third.StopAsync());
    }

    private static Task WaitForOwnersAsync(Deployment deployment, int members) => deployment.WaitAsync(
        async () => await deployment.ScalarAsync("SELECT count(DISTINCT owner) FROM streamagg.source_partition WHERE epoch > 0") == members,
        () => $"partitions of {members} members");

    private static Task<long> CountedAsync(Deployment deployment) =>
        deployment.ScalarAsync("SELECT COALESCE(sum(events), 0)::bigint FROM streamagg.event_tally WHERE outcome = 'accepted'");

    private static Task WaitForRollupAsync(Deployment deployment, string name, string from, long events) => deployment.WaitAsync(
        async () => await deployment.ScalarAsync($"SELECT COALESCE(sum(request_count), 0)::bigint FROM ops_metrics_{name}_hourly WHERE bucket_start >= {from}") == events
            && await deployment.ScalarAsync($"SELECT COALESCE(sum(request_count), 0)::bigint FROM ops_metrics_{name}_hourly") == events,
        () => $"{events} events in {name}");

    private static Task WaitAsync(Deployment deployment, long events) => deployment.WaitAsync(
        async () =>
        {
            foreach (var (name, _) in Rollups)
                foreach (string table in (string[])["hourly", "daily"])
                    if (await deployment.ScalarAsync($"SELECT COALESCE(sum(request_count), 0)::bigint FROM ops_metrics_{name}_{table}") != events)
                        return false;
            return await deployment.ScalarAsync("SELECT COALESCE(sum(request_count), 0)::bigint FROM streamagg.platform_daily") == events;
        },
        () => "all rows");

    /// <summary>Sends events of one day, some of them in a record, and keeps them in the table raw.</summary>
    /// <param name="hours">How many of them from 3:00 on.</param>
    private static async Task SendAsync(Deployment deployment, int seed, int count, int hours = 3)
    {
        var random = new Random(seed);
        for (int sent = 0; sent < count; sent += Chunk)
        {
            List<string> rows = [], failures = [], successes = [];
            for (int i = sent; i < Math.Min(count, sent + Chunk); i++)
            {
                string time = new DateTime(2024, 3, 9, 3 + random.Next(hours), random.Next(60), random.Next(60), DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
                string platform = $"p{random.Next(2)}", model = random.Next(5) == 0 ? "" : $"m{random.Next(3)}", cost = $"0.{random.Next(10_000_000):0000000}";
                bool failed = random.Next(3) == 0;
                int tokens = random.Next(1000), duration = random.Next(60) * 17, ttft = random.Next(40) * 3;
                int status = (int[])[429, 499, 503, 500, 400] is var all ? all[random.Next(5)] : 0;
                string upstream = random.Next(3) == 0 ? "529" : "null", cancelled = random.Next(6) == 0 ? "true" : "false", limited = random.Next(5) == 0 ? "true" : "false";
                string json = $"{{\"created_at\":\"{time}\",\"platform\":\"{platform}\",\"model\":\"{model}\",\"input_tokens\":{tokens},\"cost_usd\":{cost}"
                    + (failed
                        ? $",\"status_code\":{status},\"upstream_status_code\":{upstream},\"is_cancelled\":{cancelled},\"is_business_limited\":{limited}}}"
                        : $",\"duration_ms\":{duration}.25,\"ttft_ms\":{ttft}.5}}");
                (failed ? failures : successes).Add(json);
                string measured = failed ? "NULL, NULL" : $"{duration}.25, {ttft}.5";
                string refused = failed ? $"{status}, {upstream}, {cancelled}, {limited}" : "NULL, NULL, NULL, NULL";
                rows.Add($"('{time}', {failed}, '{platform}', '{model}', {measured}, {tokens}, {cost}, {refused})");
            }
            foreach (var (topic, all) in ((string, List<string>)[])[(deployment.ErrorTopic, failures), (deployment.UsageTopic, successes)])
                foreach (var (i, record) in all.Chunk(100).Index())
                    deployment.Events.SendRaw(topic, $"[{string.Join(',', record)}]", (i + (sent / Chunk)) % 2);
            await deployment.ExecuteAsync($"INSERT INTO raw VALUES {string.Join(", ", rows)}");
        }
    }

    private static async Task AssertSameAsync(Deployment deployment, string table, string bucket, string bucketOf, string[] dimensions, string from = "'-infinity'")
    {
        string key = string.Join(", ", dimensions.Prepend("bucket")), group = string.Join(", ", dimensions.Prepend("1"));
        string select = string.Concat(dimensions.Select(dimension => $", {dimension}"));
        const string error = "failed AND NOT (cancelled OR status = 499)";
        string quantiles = string.Concat(((string, string)[])[("duration_ms", "latency_ms"), ("ttft_ms", "ttft_ms")] is var spreads
            ? spreads.SelectMany(spread => ((string, string)[])[("p50", "0.5"), ("p90", "0.9"), ("p95", "0.95"), ("p99", "0.99")] is var all
                ? all.Select(q => $", percentile_cont({q.Item2}) WITHIN GROUP (ORDER BY {spread.Item1}::float8) AS {q.Item1}_{spread.Item2}") : []) : []);
        string[] equal =
        [
            "request_count", "success_count", "error_count", "error_4xx_count", "error_5xx_count", "cancelled_count", "limited_count", "rate_limited_count",
            "overloaded_count", "sla_error_count", "duration_count", "ttft_count", "input_tokens", "cost_usd",
        ];
        string[] near =
        [
            "avg_latency_ms", "p50_latency_ms", "p90_latency_ms", "p95_latency_ms", "p99_latency_ms", "max_latency_ms",
            "avg_ttft_ms", "p50_ttft_ms", "p90_ttft_ms", "p95_ttft_ms", "p99_ttft_ms", "max_ttft_ms", "error_rate", "sla_error_rate",
        ];
        string sql =
            $"""
            WITH want AS (
              SELECT {bucketOf} AS bucket{select}, count(*) AS request_count, count(*) FILTER (WHERE NOT failed) AS success_count,
                count(*) FILTER (WHERE failed) AS error_count, count(*) FILTER (WHERE status BETWEEN 400 AND 499) AS error_4xx_count,
                count(*) FILTER (WHERE status >= 500) AS error_5xx_count, count(*) FILTER (WHERE failed AND (cancelled OR status = 499)) AS cancelled_count,
                count(*) FILTER (WHERE {error} AND limited) AS limited_count,
                count(*) FILTER (WHERE {error} AND NOT limited AND COALESCE(upstream, status) = 429) AS rate_limited_count,
                count(*) FILTER (WHERE {error} AND NOT limited AND COALESCE(upstream, status) IN (503, 529)) AS overloaded_count,
                count(*) FILTER (WHERE {error} AND NOT limited) AS sla_error_count,
                count(duration_ms) AS duration_count, count(ttft_ms) AS ttft_count, sum(tokens)::bigint AS input_tokens, sum(round(cost, 6)) AS cost_usd,
                avg(duration_ms)::float8 AS avg_latency_ms, max(duration_ms)::float8 AS max_latency_ms, avg(ttft_ms)::float8 AS avg_ttft_ms, max(ttft_ms)::float8 AS max_ttft_ms
                {quantiles},
                100.0::float8 * count(*) FILTER (WHERE failed) / count(*) AS error_rate,
                COALESCE(100.0::float8 * count(*) FILTER (WHERE {error} AND NOT limited) / NULLIF(count(*) FILTER (WHERE NOT failed OR {error} AND NOT limited), 0), 0) AS sla_error_rate
              FROM raw WHERE created_at >= {from} GROUP BY {group}), got AS (SELECT *, {bucket} AS bucket FROM {table})
            SELECT count(*) FROM want w FULL JOIN got g USING ({key})
            WHERE w.request_count IS NULL OR g.request_count IS NULL
              OR {string.Join(" OR ", equal.Select(column => $"w.{column} IS DISTINCT FROM g.{column}"))}
              OR {string.Join(" OR ", near.Select(column => $"COALESCE(abs(w.{column} - g.{column}) > 1e-9 * (1 + abs(w.{column})), (w.{column} IS NULL) <> (g.{column} IS NULL))"))}
            """;
        Assert.True(await deployment.ScalarAsync(sql) == 0, $"{table} differs");
        Assert.True(await deployment.ScalarAsync($"SELECT count(*) FROM {table}") > 0, $"{table} is empty");
    }
}
