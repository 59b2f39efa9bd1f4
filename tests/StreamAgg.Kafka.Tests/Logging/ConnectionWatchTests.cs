using Confluent.Kafka;
using StreamAgg.Kafka.Logging;

namespace StreamAgg.Kafka.Tests.Logging;

public sealed class ConnectionWatchTests
{
    private readonly ConnectionWatch watch = new();

    [Theory]
    [InlineData(ErrorCode.Local_Authentication, "sasl_ssl://b:1/bootstrap: SASL authentication error: Authentication failed (after 9ms in state AUTH_REQ)", "sasl.password")]
    [InlineData(ErrorCode.Local_Authentication, "b:1/bootstrap: SASL PLAIN mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms: X", "sasl.mechanism")]
    [InlineData(ErrorCode.Local_Authentication, "b:1/bootstrap: SASL PLAIN mechanism handshake failed: Broker: Request not valid in current SASL state: broker's supported mechanisms: ", "security.protocol")]
    [InlineData(ErrorCode.Local_Authentication, "Failed to acquire SASL OAUTHBEARER token: no answer", "sasl.oauthbearer")]
    [InlineData(ErrorCode.Local_Ssl, "ssl://b:1/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified", "ssl.ca.location")]
    [InlineData(ErrorCode.Local_Ssl, "ssl://b:1/bootstrap: SSL handshake failed: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL alert number 116", "ssl.certificate.location")]
    [InlineData(ErrorCode.Local_Ssl, "ssl://b:1/bootstrap: SSL handshake failed: error:0A00010B:SSL routines::wrong version number", "security.protocol")]
    [InlineData(ErrorCode.Local_Transport, "ssl://b:1/bootstrap: SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener? (after 1ms in state SSL_HANDSHAKE)", "security.protocol")]
    [InlineData(ErrorCode.Local_Transport, "[thrd:b:1/bootstrap]: b:1/bootstrap: Disconnected: connection closed by peer (after 4ms in state APIVERSION_QUERY)", "security.protocol")]
    [InlineData(ErrorCode.Local_Resolve, "b:1/bootstrap: Failed to resolve 'b:1': Name or service not known (after 1ms in state CONNECT)", "BootstrapServers")]
    [InlineData(ErrorCode.Local_Resolve, "b:1/7: Failed to resolve 'b:1': Name or service not known (after 1ms in state CONNECT)", "advertised.listeners")]
    [InlineData(ErrorCode.Local_Transport, "b:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)", null)]
    public void Each_cause_names_what_to_correct(ErrorCode code, string text, string? setting)
    {
        watch.Add(code, text);
        ConnectionFault fault = Assert.IsType<ConnectionFault>(watch.Fault);
        Assert.Equal(setting is null, fault.Remedy is null);
        Assert.Contains(setting ?? "", fault.Remedy ?? "", StringComparison.Ordinal);
        Assert.DoesNotContain(" (after ", fault.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("thrd", fault.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_tells_more_is_not_covered_by_what_tells_less()
    {
        watch.Add(ErrorCode.Local_Ssl, "SSL handshake failed: certificate verify failed");
        watch.Add(ErrorCode.Local_Transport, "Connect to ipv6#[::1]:1 failed: Connection refused");
        Assert.Contains("certificate", watch.Fault?.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_counts_as_refused_once_no_other_broker_is_up()
    {
        watch.Add(ErrorCode.Local_Authentication, "a:1/bootstrap: SASL authentication error: no");
        Assert.False(watch.LoginRefused.IsCompleted);
        watch.Add(ErrorCode.Local_AllBrokersDown, "2/2 brokers are down");
        Assert.True(watch.LoginRefused.IsCompleted);
    }

    [Fact]
    public void An_answer_ends_what_was_told_before()
    {
        watch.Add(ErrorCode.Local_Authentication, "a:1/bootstrap: SASL authentication error: no");
        watch.Add(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down");
        watch.Answered();
        Assert.Null(watch.Fault);
        Assert.False(watch.LoginRefused.IsCompleted);
    }

    [Fact]
    public void What_is_about_something_else_is_not_a_cause()
    {
        watch.Add(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down");
        watch.Add(ErrorCode.UnknownTopicOrPart, "no such topic");
        Assert.Null(watch.Fault);
    }
}
