using System.Globalization;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Options;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>Where a backlog lies.</summary>
/// <param name="BootstrapServers">The broker.</param>
/// <param name="Usage">The topic of usage events.</param>
/// <param name="Error">That of errors; empty where there are none.</param>
/// <param name="DeadLetter">Where refused events would go.</param>
/// <param name="Events">How many there are.</param>
internal sealed record BacklogTopics(string BootstrapServers, string Usage, string Error, string DeadLetter, long Events)
{
    private const char Separator = '\t';

    public PipelineTopics Topics => new(Usage, Error);

    /// <summary>As one process tells another.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{BootstrapServers}{Separator}{Usage}{Separator}{Error}{Separator}{DeadLetter}{Separator}{Events}");

    public static BacklogTopics? TryParse(string? text) => text?.Split(Separator) is [var servers, var usage, var error, var letters, var events]
        ? new BacklogTopics(servers, usage, error, letters, long.Parse(events, CultureInfo.InvariantCulture))
        : null;

    public KafkaOptions OptionsOf(string group) => new()
    {
        BootstrapServers = BootstrapServers,
        GroupId = group,
        UsageTopic = Usage,
        ErrorTopic = Error,
        DeadLetterTopic = DeadLetter,
    };
}
