using System.Diagnostics;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>A start that can't succeed ends with the exit code that says whose turn it is, and a line that says what to do.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData("Pipeline:Consumers", "65", "from 1 to 64")]
    [InlineData("Pipeline:Grace", "1.00:00:01", "1.00:00:00")]
    public async Task A_wrong_setting_is_refused_before_anything_is_connected(string key, string value, string range)
    {
        await using var process = ServiceProcess.Start(["run", $"--StreamAgg:{key}={value}", "--StreamAgg:Kafka:BootstrapServers=127.0.0.1:1"]);
        Assert.Equal(2, await process.WaitForExitAsync());
        string line = Assert.Single(process.Errors.Trim().Split('\n'));
        Assert.Contains(key, line, StringComparison.Ordinal);
        Assert.Contains(value, line, StringComparison.Ordinal);
        Assert.Contains(range, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_setting_is_refused_by_name_and_what_may_be_a_password_is_not_printed()
    {
        await using var process = ServiceProcess.Start(["run", "--StreamAgg:Postgres:Pwd=hunter2"]);
        Assert.Equal(2, await process.WaitForExitAsync());
        string line = Assert.Single(process.Errors.Trim().Split('\n'));
        Assert.Contains("StreamAgg:Postgres:Pwd: no such setting", line, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_schema_ends_it_with_the_command_that_makes_one()
    {
        await using var deployment = await Deployment.CreateAsync(isMigrated: false);
        var process = deployment.Run();
        Assert.Equal(3, await process.WaitForExitAsync());
        Assert.Contains("streamagg migrate", process.Errors, StringComparison.Ordinal);

        await SharedDatabaseTests.MigrateAsync(deployment);
        await deployment.ExecuteAsync("INSERT INTO streamagg.migration (name, publish_schema) VALUES ('9999_of_a_later_version', '')");
        var older = deployment.Run();
        Assert.Equal(3, await older.WaitForExitAsync());
        Assert.Contains("9999_of_a_later_version", older.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_or_a_topic_that_is_not_there_for_30_seconds_ends_it_with_exit_code_3()
    {
        await Brokers.NeedAsync(KafkaFeature.Administration);
        await using var deployment = await Deployment.CreateAsync();
        long started = Stopwatch.GetTimestamp();
        var noPostgres = deployment.Run(("Postgres:ConnectionString", "Host=127.0.0.1;Port=1;Database=x;Username=x"));
        var noKafka = deployment.Run(("Kafka:BootstrapServers", "127.0.0.1:1"));
        var noTopic = deployment.Run(("Kafka:UsageTopic", "nobody-made-this"));
        foreach (var process in new[] { noPostgres, noKafka, noTopic })
        {
            Assert.Equal(3, await process.WaitForExitAsync());
            Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds >= 29);
            Assert.Single(process.Errors.Trim().Split('\n'));
        }

        Assert.Contains("127.0.0.1:1", noKafka.Errors, StringComparison.Ordinal);
        Assert.Contains("nobody-made-this", noTopic.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_login_ends_it_at_once_and_an_unknown_authority_when_its_patience_ends()
    {
        await using var deployment = await Deployment.CreateAsync();
        await SharedDatabaseTests.MigrateAsync(deployment);
        using var logins = RefusingBroker.OfLogins();
        using var secured = RefusingBroker.WithUnknownCertificate();
        var unknown = deployment.Run(("Kafka:BootstrapServers", secured.BootstrapServers), ("Kafka:Client:security.protocol", "SSL"));
        var refused = deployment.Run(
            ("Kafka:BootstrapServers", logins.BootstrapServers), ("Kafka:Client:security.protocol", "SASL_PLAINTEXT"),
            ("Kafka:Client:sasl.mechanism", "PLAIN"), ("Kafka:Client:sasl.username", "me"), ("Kafka:Client:sasl.password", "hunter2"));

        Assert.Equal(3, await refused.WaitForExitAsync());
        Assert.False(unknown.HasExited);
        Assert.Contains("StreamAgg:Kafka:Client:sasl.password", Assert.Single(refused.Errors.Trim().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refused.Errors + refused.Output, StringComparison.Ordinal);

        Assert.Equal(3, await unknown.WaitForExitAsync(TimeSpan.FromSeconds(90)));
        string line = Assert.Single(unknown.Errors.Trim().Split('\n'));
        Assert.Contains("did not answer for 30 s", line, StringComparison.Ordinal);
        Assert.Contains("StreamAgg:Kafka:Client:ssl.ca.location", line, StringComparison.Ordinal);
    }
}
