using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Demo;

/// <summary>The settings that a demonstration runs by: the given ones, on the embedded servers.</summary>
internal static class DemoSettings
{
    private const int RollupKeys = 10_000;

    /// <summary>At the default speed an hour lasts half a second: the rows should not wait for five.</summary>
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>What its traffic has fields for.</summary>
    private static readonly Rollup[] Rollups =
        [new("by_model", [Rollup.Platform, "model"], RollupKeys), new("by_account", [Rollup.Platform, "model", "account"], RollupKeys)];

    public static Settings Of(Settings given, string connectionString, string bootstrapServers)
    {
        var pipeline = given.Pipeline with
        {
            // The embedded broker answers a member that joins beside others after a session only, and takes as long for each partition that
            // changes hands; older ones abort where a member that waits so connects anew. One member never waits.
            Consumers = 1,
            CheckpointInterval = given.Pipeline.CheckpointInterval < LongestInterval ? given.Pipeline.CheckpointInterval : LongestInterval,
            StartFrom = StartPosition.Beginning,
            // The demonstration's own traffic has more labels than somebody may have allowed for theirs.
            MaxPlatforms = new PipelineOptions().MaxPlatforms,
            // Its generator writes milliseconds, whatever the deployment's producers write.
            Events = new EventOptions
            {
                LabelCase = given.Pipeline.Events.LabelCase,
                Rollups = given.Pipeline.Events.Rollups.Count > 0 ? given.Pipeline.Events.Rollups : Rollups,
            },
        };
        return given with
        {
            // Nothing of Kafka:Client is taken over: the embedded broker speaks neither TLS nor SASL. Its generator writes to a topic for each kind.
            Kafka = given.Kafka with
            {
                BootstrapServers = bootstrapServers,
                CreateTopics = false,
                Client = new Dictionary<string, string>(),
                UsageTopic = given.Kafka.UsageTopic.Length > 0 ? given.Kafka.UsageTopic : "demo.usage",
                ErrorTopic = given.Kafka.ErrorTopic.Length > 0 ? given.Kafka.ErrorTopic : "demo.errors",
                RequestTopic = "",
            },
            Postgres = given.Postgres with
            {
                ConnectionString = connectionString,
                ReadConnectionString = null,
                PasswordFile = null,
                MigrateOnStart = false,
                Rollups = pipeline.Rollups,
            },
            Pipeline = pipeline,
        };
    }
}
