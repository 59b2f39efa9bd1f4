using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Who else is in the database: an earlier batch job, another pipeline.</summary>
public sealed class SharedDatabaseTests
{
    private static readonly DateTime Hour = SteadyTraffic.Evening;

    [Fact]
    public async Task A_batch_jobs_larger_row_stays_a_smaller_one_is_replaced_and_an_equal_one_is_not_written_again()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        foreach (var (table, bucket) in new[] { ("hourly", "bucket_start"), ("daily", "bucket_date") })
        {
            await deployment.ExecuteAsync(
                $"""
                INSERT INTO ops_metrics_{table} ({bucket}, platform, request_count, success_count, avg_latency_ms, p99_latency_ms, computed_at) VALUES
                ('2024-03-09 22:00Z', 'larger', 5, 5, 1, 1, '2024-04-01Z'), ('2024-03-09 22:00Z', 'smaller', 1, 1, 1, 1, '2024-04-01Z'),
                ('2024-03-09 22:00Z', 'equal', 3, 3, 20, 29.8, '2024-04-01Z')
                """);
        }

        deployment.Run();
        foreach (string platform in (string[])["larger", "smaller", "equal"])
            deployment.Events.Send(0, [.. new[] { 10, 20, 30 }.Select(milliseconds => GatewayEvent.Usage(Hour, platform, milliseconds))]);
        await deployment.WaitAsync(async () => await deployment.State.WhatIsUnsettledAsync() is "", () => "everything to be published");

        var tables = await deployment.TablesAsync();
        var batch = new DateTime(2024, 4, 1, 0, 0, 0, DateTimeKind.Utc);
        foreach (var rows in new[] { tables.Hourly, tables.Daily })
        {
            Assert.Equal((5, 1.0, batch), Of(rows, "larger"));
            Assert.Equal((3, 20.0, batch), Of(rows, "equal"));
            Assert.Equal((3, 20.0), (Of(rows, "smaller").Requests, Of(rows, "smaller").Average));
            Assert.NotEqual(batch, Of(rows, "smaller").ComputedAt);
        }

        Assert.Equal(2, (await deployment.JsonOfAsync("status")).GetProperty("rows_kept").GetInt64());

        deployment.Events.Send(0, GatewayEvent.Usage(Hour, "larger", 40), GatewayEvent.Usage(Hour, "larger", 50), GatewayEvent.Usage(Hour, "larger", 60));
        await deployment.WaitAsync(async () => Of((await deployment.TablesAsync()).Daily, "larger").Requests == 6, () => "a row that counts more");
        Assert.Equal(0, (await deployment.JsonOfAsync("status")).GetProperty("rows_kept").GetInt64());
    }

    [Fact]
    public async Task Two_pipelines_share_a_database_each_with_its_schema_and_a_third_is_refused_in_a_schema_that_is_taken()
    {
        await using var deployment = await Deployment.CreateAsync();
        await deployment.ExecuteAsync("CREATE SCHEMA second AUTHORIZATION streamagg_migrator");
        await Databases.MigrateAsync(deployment.MigratorConnectionString, "second", "second");
        (string, string)[] second = [("Pipeline:Id", "second"), ("Kafka:GroupId", TestKafka.NewName("group")), ("Postgres:PublishSchema", "second")];
        deployment.Run();
        deployment.Run(second);
        deployment.Events.Send(SteadyTraffic.AcrossMidnight(21).Next(400));
        await deployment.AssertExactAsync();
        foreach (var (key, value) in second)
            deployment.Settings[key] = value;
        await deployment.AssertExactAsync();

        var refused = deployment.Run(("Pipeline:Id", "third"), ("Kafka:GroupId", TestKafka.NewName("group")), ("Postgres:PublishSchema", "public"));
        Assert.Equal(2, await refused.WaitForExitAsync());
        Assert.Contains("Postgres:PublishSchema", refused.Errors, StringComparison.Ordinal);
    }

    internal static async Task MigrateAsync(Deployment deployment)
    {
        var migrate = deployment.Start(["migrate"], [("Postgres:ConnectionString", deployment.MigratorConnectionString)]);
        int code = await migrate.WaitForExitAsync();
        Assert.True(code == 0, migrate.Tail());
    }

    private static (long Requests, double? Average, DateTime ComputedAt) Of(IReadOnlyList<MetricRow> rows, string platform)
    {
        var row = rows.Single(row => row.Platform == platform);
        return (row.RequestCount, row.AverageMilliseconds, row.ComputedAt);
    }
}
