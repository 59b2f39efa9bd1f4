using System.Text.Json;
using Npgsql;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>The verb that a new user begins with: each kind of fault by its line and its remedy, and nothing is changed by asking.</summary>
public sealed class CheckTests
{
    [Fact]
    public async Task Each_fault_of_PostgreSQL_has_its_remedy_and_once_all_are_followed_all_holds()
    {
        await using var deployment = await Deployment.CreateAsync(isMigrated: false);
        await AssertFailsAsync(deployment, "schema streamagg", "Run `streamagg migrate` first");
        Assert.Equal(0, await deployment.ScalarAsync("SELECT count(*) FROM pg_tables WHERE schemaname IN ('streamagg', 'public')"));
        await deployment.MigrateAsync();
        string right = deployment.Settings["Postgres:ConnectionString"], database = new NpgsqlConnectionStringBuilder(right).Database!;

        foreach (var (harm, cure, name, remedy) in ((string, string, string, string)[])[
            ("REVOKE UPDATE ON ops_metrics_daily FROM streamagg_service", "GRANT UPDATE ON ops_metrics_daily TO streamagg_service",
                "rights in PostgreSQL", "`GRANT streamagg_service TO \"test_service\"`"),
            ("ALTER TABLE ops_metrics_hourly ADD COLUMN mine integer", "ALTER TABLE ops_metrics_hourly DROP COLUMN mine",
                "published tables", "StreamAgg:Postgres:PublishSchema"),
            ("INSERT INTO streamagg.migration (name) VALUES ('9999_later')", "DELETE FROM streamagg.migration WHERE name = '9999_later'",
                "schema streamagg", "Run the version that"),
            ("INSERT INTO streamagg.pipeline (id, publish_schema) VALUES ('other', 'public')", "DELETE FROM streamagg.pipeline",
                "publish schema public", "StreamAgg:Postgres:PublishSchema"),
            ($"ALTER ROLE test_service IN DATABASE {database} SET default_transaction_read_only = on",
                $"ALTER ROLE test_service IN DATABASE {database} RESET default_transaction_read_only", "PostgreSQL takes writes", "Name the primary"),
        ])
        {
            await deployment.ExecuteAsync(harm);
            await AssertFailsAsync(deployment, name, remedy);
            await deployment.ExecuteAsync(cure);
        }

        string wrong = right.Replace("Password=s", "Password=wrong", StringComparison.Ordinal);
        await AssertFailsAsync(deployment, "PostgreSQL", "Correct the password", ("Postgres:ConnectionString", wrong));
        Assert.All((await CheckAsync(deployment, 0)).GetProperty("checks").EnumerateArray(), check => Assert.True(check.GetProperty("ok").GetBoolean()));
        Assert.Equal(0, await deployment.ScalarAsync("SELECT (SELECT count(*) FROM streamagg.pipeline) + (SELECT count(*) FROM streamagg.source_partition)"));
    }

    [Fact]
    public async Task Each_fault_of_Kafka_has_its_remedy_and_nothing_is_created()
    {
        await Brokers.NeedAsync(KafkaFeature.Administration);
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        await AssertFailsAsync(deployment, "topic nobody-made", "kafka-topics.sh", ("Kafka:UsageTopic", "nobody-made"));
        await CheckAsync(deployment, 0, ("Kafka:UsageTopic", "nobody-made"), ("Kafka:CreateTopics", "true"), ("Kafka:DeadLetterTopic", "nobody-made-this-either"));
        using (var admin = deployment.Brokers.Admin())
            Assert.DoesNotContain(admin.GetMetadata(TimeSpan.FromSeconds(5)).Topics, topic => topic.Topic.StartsWith("nobody-made", StringComparison.Ordinal));

        var kafka = await TestKafka.SharedAsync();
        string compacted = await kafka.NewTopicAsync("compacted", 1, ("cleanup.policy", "compact"));
        await AssertFailsAsync(deployment, $"letters in {compacted}", "--add-config cleanup.policy=delete", ("Kafka:DeadLetterTopic", compacted));
        string stamped = await kafka.NewTopicAsync("stamped", 1);
        deployment.Events.SendRaw(stamped, PoisonTests.Good, timestamp: DateTimeOffset.UtcNow.AddHours(1));
        // The producer's clock: told, and no fault.
        string told = (await CheckAsync(deployment, 0, ("Kafka:UsageTopic", stamped))).GetProperty("checks").EnumerateArray()
            .Single(check => check.GetProperty("name").GetString() == $"clock that stamps {stamped}").GetProperty("detail").GetString()!;
        Assert.Contains("ahead of this machine's clock", told, StringComparison.Ordinal);

        var running = deployment.Run();
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 20));
        await deployment.AssertExactAsync();
        await CheckAsync(deployment, 0);
        await deployment.ExecuteAsync("CREATE SCHEMA second AUTHORIZATION streamagg_migrator");
        await Databases.MigrateAsync(deployment.MigratorConnectionString, "second", "second");
        await AssertFailsAsync(deployment, "members of the group", "StreamAgg:Kafka:GroupId", ("Pipeline:Id", "second"), ("Postgres:PublishSchema", "second"));
        Assert.Equal(0, await running.StopAsync());

        deployment.Events.SendUncounted(0, GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 30));
        await kafka.DeleteRecordsAsync(deployment.UsageTopic, 0, 2);
        await AssertFailsAsync(deployment, "log from where it was counted", "StreamAgg:OnGap");
        await CheckAsync(deployment, 0, ("OnGap", "Continue"));
        Assert.Equal(0, await deployment.ScalarAsync("SELECT count(*) FROM streamagg.gap"));
    }

    [Fact]
    public async Task A_sample_shows_what_would_be_refused_and_why_before_anything_is_written()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 2);
        foreach (var (value, _) in PoisonTests.Records)
            deployment.Events.SendRaw(value);
        foreach (var (value, _) in PoisonTests.Events)
            deployment.Events.SendRaw(deployment.UsageTopic, $"[{PoisonTests.Good},{value}]", partition: 1);
        deployment.Events.SendRaw(deployment.ErrorTopic, """{"status_code":"x"} {"created_at":"2024-03-09T22:00:00Z","status_code":500}""");

        var samples = (await CheckAsync(deployment, 0, ["--sample", "1000"])).GetProperty("samples");
        Assert.Equal((deployment.UsageTopic, 21, 12), OutcomeOf(samples[0]));
        Assert.Equal((deployment.ErrorTopic, 1, 1), OutcomeOf(samples[1]));
        var expected = PoisonTests.Records.Select(record => record.Reason).Concat(PoisonTests.Events.Select(e => e.Reason)).CountBy(reason => reason).ToDictionary();
        Assert.Equal(expected, samples[0].GetProperty("refused").EnumerateObject().ToDictionary(reason => reason.Name, reason => reason.Value.GetProperty("count").GetInt32()));
        var example = samples[0].GetProperty("refused").GetProperty("too_old").GetProperty("example");
        Assert.Equal(("1999-12-31T23:59:59Z is before 2000-01-01T00:00:00Z", 1, 10, 1), (
            example.GetProperty("detail").GetString()!, example.GetProperty("partition").GetInt32(), example.GetProperty("offset").GetInt32(), example.GetProperty("event_index").GetInt32()));
        Assert.Equal(4, (await CheckAsync(deployment, 0, ["--sample", "4"])).GetProperty("samples")[0].GetProperty("read").GetInt32());
        Assert.Equal(0, await deployment.ScalarAsync("SELECT count(*) FROM streamagg.source_partition"));
        Assert.Empty((await deployment.JsonOfAsync("dead-letters", "list")).EnumerateArray());
    }

    [Fact]
    public async Task A_topic_in_another_shape_is_proposed_a_mapping_that_counts_it()
    {
        await using var deployment = await Deployment.CreateAsync(partitions: 1);
        string requests = deployment.UsageTopic;
        (deployment.Settings["Kafka:UsageTopic"], deployment.Settings["Kafka:RequestTopic"]) = ("", requests);
        for (int i = 0; i < 10; i++)
            deployment.Events.SendRaw(requests, $$$"""{"payload":{"op":"c","after":{"startTime":1709{{{i}}}.5e6,"provider":"openai","response":{"latency":0.{{{i}}}5,"status":200} } } }""");

        JsonElement sample = (await CheckAsync(deployment, 0, ["--sample", "100"])).GetProperty("samples")[1];
        Assert.Equal((requests, 10, 0), OutcomeOf(sample));
        string[] lines = [.. sample.GetProperty("proposal").EnumerateArray().Select(line => line.GetString()!)];
        Assert.Equal("StreamAgg__Events__Requests__Root=payload.after", lines[0]);
        foreach (string line in lines)
            deployment.Settings[line["StreamAgg__".Length..line.IndexOf('=', StringComparison.Ordinal)].Replace("__", ":", StringComparison.Ordinal)] = line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..];
        JsonElement mapped = (await CheckAsync(deployment, 0, ["--sample", "100"])).GetProperty("samples")[1];
        Assert.Equal((requests, 10, 10), OutcomeOf(mapped));
        Assert.Empty(mapped.GetProperty("proposal").EnumerateArray());
    }

    private static (string Topic, int Read, int Accepted) OutcomeOf(JsonElement sample) =>
        (sample.GetProperty("topic").GetString()!, sample.GetProperty("read").GetInt32(), sample.GetProperty("accepted").GetInt32());

    /// <summary>Exit code 3, and this line is the first that does not hold: what fails behind it waits for it.</summary>
    private static async Task AssertFailsAsync(Deployment deployment, string name, string remedy, params (string Key, string Value)[] settings)
    {
        var failed = (await CheckAsync(deployment, 3, settings)).GetProperty("checks").EnumerateArray().Where(check => !check.GetProperty("ok").GetBoolean()).ToList();
        Assert.Equal(name, failed[0].GetProperty("name").GetString());
        Assert.All(failed, check => Assert.Contains(remedy, check.GetProperty("remedy").GetString(), StringComparison.Ordinal));
        Assert.All(failed.Skip(1), check => Assert.StartsWith("not checked: it waits for ", check.GetProperty("detail").GetString(), StringComparison.Ordinal));
    }

    private static Task<JsonElement> CheckAsync(Deployment deployment, int exitCode, params (string Key, string Value)[] settings) =>
        CheckAsync(deployment, exitCode, [], settings);

    private static async Task<JsonElement> CheckAsync(Deployment deployment, int exitCode, string[] options, params (string Key, string Value)[] settings)
    {
        var process = deployment.Start(["check", "--json", .. options], settings);
        int code = await process.WaitForExitAsync();
        Assert.True(code == exitCode, $"exit code {code} where {exitCode} is expected:\n{process.Output}\n{process.Errors}");
        using var document = JsonDocument.Parse(process.Output);
        return document.RootElement.Clone();
    }
}
