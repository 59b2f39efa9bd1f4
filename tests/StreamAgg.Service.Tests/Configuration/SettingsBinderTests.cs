using Microsoft.Extensions.Configuration;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using Xunit;

namespace StreamAgg.Service.Tests.Configuration;

public class SettingsBinderTests
{
    [Fact]
    public void Defaults_are_those_of_the_documentation()
    {
        var settings = Bind();

        Assert.Equal("localhost:9092", settings.Kafka.BootstrapServers);
        Assert.Equal("streamagg", settings.Kafka.GroupId);
        Assert.Equal("gateway.usage", settings.Kafka.UsageTopic);
        Assert.Equal("gateway.errors", settings.Kafka.ErrorTopic);
        Assert.Equal("streamagg.dead-letter", settings.Kafka.DeadLetterTopic);
        Assert.False(settings.Kafka.CreateTopics);
        Assert.False(settings.Postgres.MigrateOnStart);
        Assert.Equal("public", settings.Postgres.PublishSchema);
        Assert.Equal(new PipelineOptions(), settings.Pipeline);
        Assert.Equal(new Uri("http://127.0.0.1:8080"), settings.HttpUrl);
    }

    [Theory]
    [InlineData("Pipeline:Consumers", "1", "64")]
    [InlineData("Pipeline:Grace", "00:00:00", "1.00:00:00")]
    [InlineData("Pipeline:MaxFuture", "00:00:00", "1.00:00:00")]
    [InlineData("Pipeline:CheckpointInterval", "00:00:00.1", "00:10:00")]
    [InlineData("Pipeline:MaxPlatforms", "1", "100000")]
    [InlineData("Digest:Compression", "20", "1000")]
    [InlineData("Events:MaxDuration", "00:00:01", "1.00:00:00")]
    [InlineData("Events:LabelCase", "keep", "Lower")]
    [InlineData("Events:TimeUnit", "s", "ns")]
    [InlineData("Events:DurationUnit", "us", "ms")]
    [InlineData("OnGap", "stop", "Continue")]
    [InlineData("Kafka:CreateTopics", "true", "False")]
    [InlineData("Kafka:StartFrom", "END", "2026-01-31T08:00:00.5+08:00")]
    [InlineData("Kafka:BootstrapServers", "a", "a:1,[::1]:65535")]
    [InlineData("Kafka:Client:security.protocol", "SSL", "plaintext")]
    [InlineData("Http:Url", "http://[::]:0", "http://0.0.0.0:80/")]
    [InlineData("Postgres:PublishSchema", "a", "Über Größe")]
    [InlineData("Postgres:ConnectionString", "Host=a", "Host=a,b;Target Session Attributes=primary")]
    [InlineData("Postgres:ConnectionString", "Host=a;Target Session Attributes=primary", "postgresql://a:b@c,d:6432/e?sslmode=verify-full&target_session_attrs=read-write")]
    public void Both_ends_of_a_range_are_allowed(string key, string low, string high)
    {
        Bind((key, low));
        Bind((key, high));
    }

    [Fact]
    public void What_gateways_mean_reaches_the_decoder()
    {
        var events = Bind(("Events:MaxDuration", "00:10:00"), ("Events:LabelCase", "Lower"), ("Events:TimeUnit", "s"), ("Events:DurationUnit", "us")).Pipeline.Events;
        Assert.Equal(
            new Core.Events.EventOptions
            {
                MaxDuration = TimeSpan.FromMinutes(10),
                LabelCase = Core.Events.LabelCase.Lower,
                TimeUnit = Core.Events.TimeUnit.Seconds,
                DurationUnit = Core.Events.TimeUnit.Microseconds,
            },
            events);
        Assert.Equal(new Core.Events.EventOptions(), Bind().Pipeline.Events);
    }

    [Theory]
    [InlineData("Pipeline:Consumers", "0", "1 to 64")]
    [InlineData("Pipeline:Consumers", "two", "1 to 64")]
    [InlineData("Pipeline:Consumers", "", "1 to 64")]
    [InlineData("Pipeline:Grace", "5", "00:00:00 to 1.00:00:00")]
    [InlineData("Pipeline:Grace", "-00:00:01", "00:00:00 to 1.00:00:00")]
    [InlineData("Pipeline:Grace", "24:00:00", "00:00:00 to 1.00:00:00")]
    [InlineData("Pipeline:MaxFuture", "1.00:00:01", "00:00:00 to 1.00:00:00")]
    [InlineData("Pipeline:CheckpointInterval", "00:00:00.099", "00:00:00.1000000 to 00:10:00")]
    [InlineData("Pipeline:MaxPlatforms", "100001", "1 to 100000")]
    [InlineData("Pipeline:Id", "", "1 to 100 characters")]
    [InlineData("Digest:Compression", "19", "20 to 1000")]
    [InlineData("OnGap", "1", "Stop or Continue")]
    [InlineData("Events:MaxDuration", "00:00:00.9", "00:00:01 to 1.00:00:00")]
    [InlineData("Events:MaxDuration", "1.00:00:00.1", "00:00:01 to 1.00:00:00")]
    [InlineData("Events:LabelCase", "Upper", "Keep or Lower")]
    [InlineData("Events:TimeUnit", "seconds", "s, ms, us or ns (default ms)")]
    [InlineData("Events:DurationUnit", "", "s, ms, us or ns (default ms)")]
    [InlineData("Kafka:CreateTopics", "yes", "true or false")]
    [InlineData("Kafka:StartFrom", "2026-01-31", "beginning, end, or an RFC 3339 time")]
    [InlineData("Kafka:StartFrom", "2026-01-31T08:00:00", "beginning, end, or an RFC 3339 time")]
    [InlineData("Kafka:BootstrapServers", "a:99999", "host:port")]
    [InlineData("Kafka:BootstrapServers", "a:1,,b:1", "host:port")]
    [InlineData("Kafka:UsageTopic", "a b", "249")]
    [InlineData("Kafka:GroupId", "", "1 to 255")]
    [InlineData("Kafka:ErrorTopic", "gateway.usage", "name two")]
    [InlineData("Kafka:DeadLetterTopic", "gateway.errors", "name another")]
    [InlineData("Kafka:RequestTopic", "gateway.errors", "name two")]
    [InlineData("Kafka:RequestTopic", "a b", "249")]
    [InlineData("Events:Usage:Root", "payload..after", "payload.after")]
    [InlineData("Events:Errors:Fields:status_code", "codes[]", "[key=value]")]
    [InlineData("Kafka:Client:group.id", "x", "Kafka:GroupId")]
    [InlineData("Kafka:Client:session.timeout.ms", "never", "session.timeout.ms")]
    [InlineData("Http:Url", "ftp://localhost:1", "https://HOST:PORT")]
    [InlineData("Http:TokenFile", "/no/such/file", "readable file that holds the token")]
    [InlineData("Http:TokenFile", "/dev/null", "this one is empty")]
    [InlineData("Http:Url", "http://localhost:70000", "http://HOST:PORT")]
    [InlineData("Http:Url", "http://localhost:1/path", "http://HOST:PORT")]
    [InlineData("Postgres:PasswordFile", "/no/such/file", "readable file")]
    public void A_wrong_value_is_refused_with_its_key_and_what_is_allowed(string key, string value, string allowed)
    {
        string line = Assert.Single(Assert.Throws<CommandFaultException>(() => Bind((key, value))).Lines);

        Assert.StartsWith($"StreamAgg:{key} = '{value}': ", line, StringComparison.Ordinal);
        Assert.Contains(allowed, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("pg_x")]
    [InlineData("streamagg")]
    public void A_schema_that_can_not_be_published_into_is_refused(string schema)
    {
        string line = Assert.Single(Assert.Throws<CommandFaultException>(() => Bind(("Postgres:PublishSchema", schema))).Lines);

        Assert.Contains("StreamAgg:Postgres:PublishSchema", line, StringComparison.Ordinal);
        Assert.Contains($"'{schema}'", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_topic_of_requests_may_be_alone()
    {
        var topics = Bind(("Kafka:UsageTopic", ""), ("Kafka:ErrorTopic", ""), ("Kafka:RequestTopic", "gateway.requests")).Topics;
        Assert.Equal(["gateway.requests"], topics.All);
        Assert.Equal(EventKind.Request, topics.KindOf("gateway.requests"));
        string line = Assert.Single(Assert.Throws<CommandFaultException>(() => Bind(("Kafka:UsageTopic", ""), ("Kafka:ErrorTopic", ""))).Lines);
        Assert.Contains("there is no input topic", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mapping_reaches_the_decoder()
    {
        var shapes = Bind(("Events:Requests:Root", "payload.after"), ("Events:Usage:Fields:Duration_MS", "response.latency")).Pipeline.Events.Shapes;
        Assert.Equal("payload.after", shapes[EventKind.Request].Root!.Text);
        Assert.Null(shapes[EventKind.Usage].Root);
        Assert.Equal((Field.DurationMs, "response.latency"), Assert.Single(shapes[EventKind.Usage].Fields.Select(field => (field.Key, field.Value.Text))));
    }

    [Fact]
    public void A_field_that_nobody_reads_is_refused_with_those_there_are()
    {
        string line = Assert.Single(Assert.Throws<CommandFaultException>(() => Bind(("Events:Usage:Fields:latency", "x"))).Lines);
        Assert.Equal(
            "StreamAgg:Events:Usage:Fields:latency: no such field; in a usage event there are created_at, platform, group_platform, account_platform, duration_ms, ttft_ms, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd.", line);
    }

    [Fact]
    public void Every_fault_is_named_at_once()
    {
        var fault = Assert.Throws<CommandFaultException>(() => Bind(("Pipeline:Consumers", "0"), ("OnGap", "x"), ("Nothing", "1")));

        Assert.Equal(ExitCode.Usage, fault.ExitCode);
        Assert.Equal(3, fault.Lines.Count);
    }

    [Theory]
    [InlineData("Postgres:ConnectionString", "Hoost=a;Password=hidden;User=b", "keyword 'hoost' is not known ('Host' is)")]
    [InlineData("Postgres:ConnectionString", "Host=a;Password=hid;den", "keyword=value;keyword=value")]
    [InlineData("Postgres:ConnectionString", "Host=a;Password=hid;den=1", "has a keyword that is not known")]
    [InlineData("Postgres:ConnectionString", "Database=hidden", "names no Host")]
    [InlineData("Postgres:ReadConnectionString", "Hoost=a;Password=hidden;User=b", "keyword 'hoost' is not known ('Host' is)")]
    [InlineData("Postgres:ReadConnectionString", "postgresql://a:hid/den@b/c", "%2F")]
    [InlineData("Postgres:ConnectionString", "host=a password=hidden", "between keywords stands a ;")]
    [InlineData("Postgres:ConnectionString", "postgresql://a:hid/den@b/c", "%2F")]
    [InlineData("Postgres:ConnectionString", "postgresql://a:hid?den=1@b/c?d=e", "'d' is not known")]
    [InlineData("Postgres:ConnectionString", "Host=a;Minimum Pool Size=20;Maximum Pool Size=10;Password=hidden", "Npgsql refuses it")]
    [InlineData("Postgres:PasswordFile", "hidden", "a readable file")]
    [InlineData("Kafka:BootstrapServers", "SASL_SSL://user:hidden@broker:9092", "host:port")]
    [InlineData("Kafka:Client:sasl.passwrd.secret", "hidden", "No such configuration property")]
    [InlineData("Kafka:Client:no.such.property", "hidden", "no.such.property")]
    [InlineData("Kafka:Client:ssl.key.pem", "hidden", "ssl.key.pem", "security.protocol=SSL")]
    [InlineData("Http:Url", "http://user:hidden@localhost:8080", "http://HOST:PORT")]
    [InlineData("Postgres:Pwd", "hidden", "no such setting; in Postgres")]
    [InlineData("Nothing", "hidden", "no such setting")]
    public void A_value_that_may_hold_a_secret_is_left_out(string key, string value, string said, params string[] client)
    {
        var others = client.Select(pair => pair.Split('=')).Select(pair => ($"Kafka:Client:{pair[0]}", pair[1]));
        string line = Assert.Single(Assert.Throws<CommandFaultException>(() => Bind([(key, value), .. others])).Lines);

        Assert.StartsWith($"StreamAgg:{key}: ", line, StringComparison.Ordinal);
        Assert.Contains(said, line, StringComparison.Ordinal);
        Assert.DoesNotContain("hid", line, StringComparison.Ordinal);
        Assert.DoesNotContain("den", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_time_keeps_its_instant()
    {
        var settings = Bind(("Kafka:StartFrom", "2026-01-31T08:00:00.5+08:00"));

        Assert.Equal(StartPosition.At(Instant.FromUtc(new DateTime(2026, 1, 31, 0, 0, 0, 500, DateTimeKind.Utc))), settings.Pipeline.StartFrom);
    }

    [Fact]
    public void A_client_property_may_be_written_with_underscores()
    {
        var settings = Bind(("Kafka:Client:session_timeout_ms", "10000"));

        Assert.Equal("10000", settings.Kafka.Client["session.timeout.ms"]);
    }

    [Fact]
    public void A_value_in_place_of_the_section_is_refused()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new("StreamAgg", "hidden")]).Build();

        string line = Assert.Single(Assert.Throws<CommandFaultException>(() => SettingsBinder.Bind(configuration)).Lines);

        Assert.StartsWith("StreamAgg: is a section", line, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Nothing")]
    [InlineData("Pipeline:Grase")]
    [InlineData("Nothing:Deeper")]
    public void An_unknown_key_is_refused_where_it_holds_nothing_too(string key)
    {
        string line = Assert.Single(Assert.Throws<CommandFaultException>(() => Bind((key, null))).Lines);

        Assert.StartsWith($"StreamAgg:{key}: no such setting; ", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Pipeline:Grace")]
    [InlineData("Pipeline")]
    [InlineData("Kafka:Client")]
    [InlineData("Postgres:PasswordFile")]
    public void A_known_key_that_holds_nothing_has_its_default(string key) => Assert.Equal(new PipelineOptions(), Bind((key, null)).Pipeline);

    [Fact]
    public void Keys_are_read_in_any_letter_case()
    {
        Assert.Equal(3, Bind(("pipeline:CONSUMERS", "3")).Pipeline.Consumers);
    }

    private static Settings Bind(params (string Key, string? Value)[] settings) => SettingsBinder.Bind(
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"StreamAgg:{setting.Key}", setting.Value)))
            .Build());
}
