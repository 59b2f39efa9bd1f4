using StreamAgg.Core.Events;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Options;
using StreamAgg.Postgres.Connections;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Demo;
using Xunit;

namespace StreamAgg.Service.Tests.Demo;

public sealed class DemoSettingsTests
{
    [Fact]
    public void A_demonstration_has_one_member_and_no_client_property_whatever_is_configured_for_the_service()
    {
        var given = new Settings
        {
            Kafka = new KafkaOptions { UsageTopic = "u", ErrorTopic = "", RequestTopic = "r", Client = { ["session.timeout.ms"] = "120000" } },
            Postgres = new PostgresOptions { ConnectionString = "Host=db" },
            Raw = new(),
            Pipeline = new PipelineOptions
            {
                Consumers = 3,
                Id = "p",
                MaxPlatforms = 2,
                Events = new EventOptions { DurationUnit = TimeUnit.Seconds, TimeUnit = TimeUnit.Seconds, MaxDuration = TimeSpan.FromSeconds(1), LabelCase = LabelCase.Lower },
            },
            HttpUrl = new Uri("http://127.0.0.1:8080"),
        };
        var settings = DemoSettings.Of(given, "Host=embedded", "127.0.0.1:1");
        Assert.Equal(1, settings.Pipeline.Consumers);
        Assert.Empty(settings.Kafka.Client);
        Assert.Equal(["u", "demo.errors"], settings.Topics.All);
        Assert.Equal(new EventOptions { LabelCase = LabelCase.Lower, Rollups = settings.Pipeline.Events.Rollups }, settings.Pipeline.Events);
        Assert.Equal(["platform", "by_model", "by_account"], settings.Postgres.Rollups.Select(rollup => rollup.Name));
        Assert.Equal(1000, settings.Pipeline.MaxPlatforms);
        Assert.Equal(("u", "127.0.0.1:1", "Host=embedded", "p"), (settings.Kafka.UsageTopic, settings.Kafka.BootstrapServers, settings.Postgres.ConnectionString, settings.Pipeline.Id));
    }
}
