using System.Diagnostics;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>A start that can't succeed ends with the exit code that says whose turn it is, and a line that says what to do.</summary>
public sealed class StartTests
{
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
    public async Task A_refused_login_ends_it_at_once_and_who_does_not_answer_or_is_unknown_when_its_patience_ends()
    {
        await using var deployment = await Deployment.CreateAsync();
        using var logins = RefusingBroker.OfLogins();
        using var secured = RefusingBroker.WithUnknownCertificate();
        long started = Stopwatch.GetTimestamp();
        var noPostgres = deployment.Run(("Postgres:ConnectionString", "Host=127.0.0.1;Port=1;Database=x;Username=x"));
        var noKafka = deployment.Run(("Kafka:BootstrapServers", "127.0.0.1:1"));
        var unknown = deployment.Run(("Kafka:BootstrapServers", secured.BootstrapServers), ("Kafka:Client:security.protocol", "SSL"));
        var refused = deployment.Run(
            ("Kafka:BootstrapServers", logins.BootstrapServers), ("Kafka:Client:security.protocol", "SASL_PLAINTEXT"),
            ("Kafka:Client:sasl.mechanism", "PLAIN"), ("Kafka:Client:sasl.username", "me"), ("Kafka:Client:sasl.password", "hunter2"));

        Assert.Contains("StreamAgg:Kafka:Client:sasl.password", await LastLineAsync(refused), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refused.Errors + refused.Output, StringComparison.Ordinal);
        Assert.False(unknown.HasExited);

        await LastLineAsync(noPostgres);
        Assert.Contains("127.0.0.1:1", await LastLineAsync(noKafka), StringComparison.Ordinal);
        string line = await LastLineAsync(unknown);
        Assert.Contains("did not answer for 30 s", line, StringComparison.Ordinal);
        Assert.Contains("StreamAgg:Kafka:Client:ssl.ca.location", line, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds >= 29);
    }

    private static async Task<string> LastLineAsync(ServiceProcess process)
    {
        Assert.Equal(3, await process.WaitForExitAsync());
        return Assert.Single(process.Errors.Trim().Split('\n'));
    }
}
