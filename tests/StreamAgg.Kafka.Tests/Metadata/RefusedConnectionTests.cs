using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Metadata;

/// <summary>The client's requests fail by running out of time; why, it tells beside them: that is what a person needs to hear.</summary>
public sealed class RefusedConnectionTests
{
    /// <summary>Far beyond what anything here takes: it tells a hang.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task A_refused_login_names_its_settings_and_is_not_waited_for()
    {
        using RefusingBroker broker = RefusingBroker.OfLogins();
        KafkaOptions options = To(broker, ("security.protocol", "SASL_PLAINTEXT"), ("sasl.mechanism", "PLAIN"), ("sasl.username", "me"), ("sasl.password", "no"));
        // Whose answer would come after the limit of this test: what ends the question is the refusal.
        using var metadata = new KafkaMetadata(options, timeout: Limit * 2);
        // Its clock stands still, so that no patience ever ends.
        var topics = new KafkaTopics(options, metadata, NullLogger<KafkaTopics>.Instance, new StandingTime());

        LogUnavailableException refused = await Assert.ThrowsAsync<LogUnavailableException>(
            () => topics.EnsureAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken));

        Assert.True(refused.IsLoginRefused);
        Assert.Contains("unknown user", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Kafka:Client:sasl.password", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_names_the_setting_of_authorities()
    {
        using RefusingBroker broker = RefusingBroker.WithUnknownCertificate();
        LogUnavailableException away = await AskAsync(To(broker, ("security.protocol", "SSL")));
        Assert.Contains("certificate verify failed", away.Message, StringComparison.Ordinal);
        Assert.Contains("Kafka:Client:ssl.ca.location", away.Remedy, StringComparison.Ordinal);
        Assert.False(away.IsLoginRefused);
    }

    [Fact]
    public async Task A_listener_of_another_protocol_names_the_protocols_setting()
    {
        using RefusingBroker secured = RefusingBroker.WithUnknownCertificate();
        using RefusingBroker plain = RefusingBroker.OfEverything();
        LogUnavailableException[] away = [await AskAsync(To(secured)), await AskAsync(To(plain, ("security.protocol", "SSL")))];
        Assert.All(away, one => Assert.Contains("Kafka:Client:security.protocol", one.Remedy, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dead_port_names_what_the_client_met_there()
    {
        LogUnavailableException away = await AskAsync(new KafkaOptions { BootstrapServers = "127.0.0.1:1" });
        Assert.Contains("Connection refused", away.Cause, StringComparison.Ordinal);
        Assert.Null(away.Remedy);
    }

    /// <summary>Asks as the service does, again and again: on a busy machine the client may not have met anything when its first question has run out of time.</summary>
    private static async Task<LogUnavailableException> AskAsync(KafkaOptions options)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        using var metadata = new KafkaMetadata(options, timeout: TimeSpan.FromSeconds(3));
        while (true)
        {
            LogUnavailableException away = await Assert.ThrowsAsync<LogUnavailableException>(() => metadata.DescribeAsync(["t"], limit.Token));
            if (away.Cause is not null)
                return away;
        }
    }

    private static KafkaOptions To(RefusingBroker broker, params (string Name, string Value)[] client)
    {
        var options = new KafkaOptions { BootstrapServers = broker.BootstrapServers };
        foreach ((string name, string value) in client)
            options.Client[name] = value;

        return options;
    }

    private sealed class StandingTime : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
