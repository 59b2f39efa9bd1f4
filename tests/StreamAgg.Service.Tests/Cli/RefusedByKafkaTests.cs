using StreamAgg.Testing.Kafka;
using Xunit;

namespace StreamAgg.Service.Tests.Cli;

/// <summary>Each verb that needs nothing but Kafka names what keeps it out, and the setting.</summary>
public sealed class RefusedByKafkaTests
{
    [Theory]
    [InlineData("generate --count 1")]
    [InlineData("dead-letters list")]
    [InlineData("dead-letters show t 0 0")]
    public async Task A_refused_login_is_one_line_with_its_settings(string verb)
    {
        using var broker = RefusingBroker.OfLogins();
        var run = await RunAsync(verb, broker, "security.protocol=SASL_PLAINTEXT", "sasl.mechanism=PLAIN", "sasl.username=me", "sasl.password=hunter2");

        Assert.Equal(3, run.ExitCode);
        string line = Assert.Single(run.ErrorLines);
        Assert.Contains("refuses the login", line, StringComparison.Ordinal);
        Assert.Contains("StreamAgg:Kafka:Client:sasl.password", line, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("generate --count 1")]
    [InlineData("dead-letters list")]
    public async Task An_unknown_authority_is_one_line_with_its_setting(string verb)
    {
        using var broker = RefusingBroker.WithUnknownCertificate();
        var run = await RunAsync(verb, broker, "security.protocol=SSL");

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("StreamAgg:Kafka:Client:ssl.ca.location", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    private static Task<StreamAggProcess> RunAsync(string verb, RefusingBroker broker, params string[] client) => StreamAggProcess.RunAsync(
        [.. verb.Split(' '), $"--StreamAgg:Kafka:BootstrapServers={broker.BootstrapServers}", .. client.Select(property => $"--StreamAgg:Kafka:Client:{property}")]);
}
