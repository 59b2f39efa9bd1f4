using StreamAgg.Kafka.Options;

namespace StreamAgg.Kafka.Tests.Options;

public sealed class KafkaOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(ClientTrial.Faults(new KafkaOptions()));

    [Theory]
    [InlineData("enable.auto.commit", "true")]
    [InlineData("auto.offset.reset", "earliest")]
    [InlineData("bootstrap.servers", "elsewhere:9092")]
    [InlineData("partition.assignment.strategy", "range")]
    [InlineData("no.such.property", "1")]
    [InlineData("session.timeout.ms", "soon")]
    [InlineData("session.timeout.ms", "-5")]
    public void A_client_property_that_is_wrong_is_named_with_its_key(string name, string value)
    {
        var options = new KafkaOptions();
        options.Client[name] = value;
        (string key, _, string message) = Assert.Single(ClientTrial.Faults(options));
        Assert.Equal($"Client:{name}", key);
        Assert.NotEmpty(message);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("session.timeout.ms", "soon", "1 to 3600000")]
    [InlineData("session.timeout.ms", "-5", "1 to 3600000")]
    [InlineData("security.protocol", "TLS", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")]
    [InlineData("group.protocol", "new", "classic or consumer")]
    public void A_refused_value_of_a_client_property_is_told_with_what_is_allowed(string name, string value, string allowed)
    {
        var options = new KafkaOptions();
        options.Client[name] = value;
        Assert.Equal($"allowed is {allowed}", Assert.Single(ClientTrial.Faults(options)).Message);
    }

    [Fact]
    public void A_login_without_a_mechanism_names_those_that_the_client_knows()
    {
        var options = new KafkaOptions();
        options.Client["security.protocol"] = "sasl_ssl";
        (string key, _, string message) = Assert.Single(ClientTrial.Faults(options));
        Assert.Equal("Client:sasl.mechanism", key);
        Assert.Contains("SCRAM-SHA-512", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ssl.ca.location", "security.protocol=ssl", "ssl.ca.location=/no/such/file")]
    [InlineData("sasl.mechanism", "security.protocol=sasl_ssl", "sasl.mechanism=NOPE")]
    [InlineData("receive.message.max.bytes", "receive.message.max.bytes=1000")]
    [InlineData("max.in.flight", "max.in.flight=10")]
    public void Client_properties_that_do_not_go_together_are_refused_before_anything_is_connected(string blamed, params string[] properties)
    {
        var options = new KafkaOptions();
        foreach (string[] pair in properties.Select(property => property.Split('=')))
            options.Client[pair[0]] = pair[1];
        (string key, _, string message) = Assert.Single(ClientTrial.Faults(options));
        Assert.Equal($"Client:{blamed}", key);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Client_properties_that_lack_others_are_refused()
    {
        var options = new KafkaOptions();
        options.Client["security.protocol"] = "sasl_plaintext";
        options.Client["sasl.mechanism"] = "PLAIN";
        (string key, _, string message) = Assert.Single(ClientTrial.Faults(options));
        Assert.Equal("Client", key);
        Assert.Contains("sasl.username", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("security.protocol", "ssl")]
    [InlineData("sasl.mechanism", "SCRAM-SHA-512")]
    [InlineData("group.protocol", "consumer")]
    [InlineData("group.instance.id", "a")]
    [InlineData("partition.assignment.strategy", "cooperative-sticky")]
    public void A_client_property_of_the_users_is_passed_through(string name, string value)
    {
        var options = new KafkaOptions();
        options.Client[name] = value;
        Assert.Empty(ClientTrial.Faults(options));
        Assert.Equal(value, ClientSettings.Consumer(options, member: 0, members: 1).GetValueOrDefault(name));
    }

    [Fact]
    public void Several_members_of_one_process_have_an_instance_id_each()
    {
        var options = new KafkaOptions();
        options.Client["group.instance.id"] = "pod-1";
        Assert.Equal("pod-1", ClientSettings.Consumer(options, member: 0, members: 1)["group.instance.id"]);
        Assert.Equal("pod-1-2", ClientSettings.Consumer(options, member: 2, members: 3)["group.instance.id"]);
    }

    [Fact]
    public void The_new_group_protocol_is_given_none_of_the_settings_that_it_refuses()
    {
        var options = new KafkaOptions();
        options.Client["group.protocol"] = "consumer";
        options.Client["session.timeout.ms"] = "6000";
        Dictionary<string, string> settings = ClientSettings.Consumer(options, member: 0, members: 1);
        Assert.DoesNotContain("session.timeout.ms", settings.Keys);
        Assert.DoesNotContain("partition.assignment.strategy", settings.Keys);
        Assert.Equal("error", settings["auto.offset.reset"]);
    }

    [Fact]
    public void Other_clients_are_not_given_what_is_the_consumers()
    {
        var options = new KafkaOptions();
        options.Client["group.protocol"] = "consumer";
        options.Client["security.protocol"] = "ssl";
        Assert.DoesNotContain("group.protocol", ClientSettings.Admin(options).Keys);
        Assert.DoesNotContain("group.protocol", ClientSettings.Producer(options).Keys);
        Assert.Equal("ssl", ClientSettings.Producer(options)["security.protocol"]);
    }
}
