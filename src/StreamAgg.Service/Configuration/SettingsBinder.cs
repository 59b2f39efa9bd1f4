using StreamAgg.Digests;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Configuration;

/// <summary>From the configuration's text to checked settings: every key, its default and its range. Nothing is connected here.</summary>
internal static class SettingsBinder
{
    private static readonly TimeSpan OneDay = TimeSpan.FromDays(1);

    /// <exception cref="CommandFaultException">One line for each wrong or unknown setting.</exception>
    public static Settings Bind(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var pipeline = Pipeline(reader);
        var (httpUrl, httpAccess) = HttpBinder.Bind(reader);
        var settings = new Settings
        {
            Kafka = KafkaBinder.Bind(reader),
            Postgres = PostgresBinder.Bind(reader, pipeline),
            Raw = RawBinder.Bind(reader),
            Pipeline = pipeline,
            HttpUrl = httpUrl,
            HttpAccess = httpAccess,
        };
        var faults = reader.Faults();
        return faults.Count == 0 ? settings : throw CommandFaultException.Usage(faults);
    }

    private static PipelineOptions Pipeline(SettingsReader reader)
    {
        var defaults = new PipelineOptions();
        return new()
        {
            Id = reader.Text("Pipeline:Id", defaults.Id, "allowed are 1 to 100 characters",
                text => text.Trim().Length > 0 && text.Length <= 100 && !text.Contains('\0', StringComparison.Ordinal)),
            Consumers = reader.Integer("Pipeline:Consumers", defaults.Consumers, 1, 64),
            Grace = reader.Duration("Pipeline:Grace", defaults.Grace, TimeSpan.Zero, OneDay),
            MaxFuture = reader.Duration("Pipeline:MaxFuture", defaults.MaxFuture, TimeSpan.Zero, OneDay),
            Events = EventBinder.Bind(reader),
            CheckpointInterval = reader.Duration(
                "Pipeline:CheckpointInterval", defaults.CheckpointInterval, TimeSpan.FromSeconds(0.1), TimeSpan.FromMinutes(10)),
            MaxPlatforms = reader.Integer("Pipeline:MaxPlatforms", defaults.MaxPlatforms, 1, 100_000),
            Compression = reader.Integer("Digest:Compression", defaults.Compression, TDigest.MinCompression, TDigest.MaxCompression),
            OnGap = reader.Choice("OnGap", defaults.OnGap),
            StartFrom = reader.ReadValue("Kafka:StartFrom", defaults.StartFrom, $"allowed is beginning, end, or {TimeText.Expected}", ParseStart),
        };
    }

    private static StartPosition? ParseStart(string text) => text.ToUpperInvariant() switch
    {
        "BEGINNING" => StartPosition.Beginning,
        "END" => StartPosition.End,
        _ => TimeText.TryParse(text) is { } time ? StartPosition.At(time) : null,
    };
}
