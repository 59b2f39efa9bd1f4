using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;

namespace StreamAgg.Pipeline.Options;

/// <summary>How the pipeline counts. Ranges are checked by whoever binds the options, before anything is connected.</summary>
public sealed record PipelineOptions
{
    /// <value>Leads every key in the store: two pipelines share a database without meeting. 1 to 100 characters. Default <c>default</c>.</value>
    public string Id { get; init; } = "default";

    /// <value>Group members in this process, a thread each. 1 to 64, default 1.</value>
    public int Consumers { get; init; } = 1;

    /// <value>How far a watermark stays behind its events: longer means later rows, fewer second writes. 0 to 1 day, default 2 minutes.</value>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(2);

    /// <value>How far an event's time may lie ahead of its record's timestamp. 0 to 1 day, default 5 minutes.</value>
    public TimeSpan MaxFuture { get; init; } = TimeSpan.FromMinutes(5);

    /// <value>What the gateways' numbers and labels mean.</value>
    public EventOptions Events { get; init; } = new();

    /// <value>How much is read again after a crash, and how old the stored state may be. 0.1 s to 10 minutes, default 5 s.</value>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <value>Labels past this many in one hour of one partition are counted under <c>__other__</c>. 1 to 100,000, default 1,000.</value>
    public int MaxPlatforms { get; init; } = 1000;

    /// <summary>What events are counted by: their platform, and what is configured.</summary>
    public IReadOnlyList<Rollup> Rollups => [Rollup.ByPlatform(MaxPlatforms), .. Events.Rollups];

    /// <value>The t-digest's compression: about as many centroids a digest. 20 to 1,000, default 100.</value>
    public int Compression { get; init; } = 100;

    /// <value>What a gap in the log does. Default <see cref="GapAction.Stop"/>.</value>
    public GapAction OnGap { get; init; } = GapAction.Stop;

    /// <value>Where a topic that this pipeline has never read starts. Default: the log's beginning.</value>
    public StartPosition StartFrom { get; init; } = StartPosition.Beginning;
}

/// <summary>What happens where the log no longer holds what was not yet counted.</summary>
public enum GapAction
{
    /// <summary>The gap is recorded and the pipeline ends.</summary>
    Stop,

    /// <summary>The gap is recorded and reading goes on behind it.</summary>
    Continue,
}
