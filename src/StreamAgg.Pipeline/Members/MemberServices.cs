using Microsoft.Extensions.Logging;
using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Pipeline.Members;

/// <summary>What the members of a process share: the ports and the settings. All of it is safe from any thread.</summary>
public sealed record MemberServices
{
    public required PipelineOptions Options { get; init; }

    public required PipelineTopics Topics { get; init; }

    /// <summary>Who claims, for people: host, process, member. At most 200 characters.</summary>
    public required string Owner { get; init; }

    public required ILogMetadata Metadata { get; init; }

    public required IAggregateStore Store { get; init; }

    /// <summary>Removes what is older than <see cref="Core.Events.EventOptions.MaxAge"/>; null where nothing is to be removed.</summary>
    public IStateRetention? Retention { get; init; }

    public required IDeadLetterSink DeadLetters { get; init; }

    public required StreamAggMetrics Metrics { get; init; }

    public required ILogger Logger { get; init; }

    public required TimeProvider Time { get; init; }

    public required Backoff Backoff { get; init; }

    /// <summary>Told of what makes garbage; null where memory is nobody's concern.</summary>
    internal Gen0Limit? Gen0Limit { get; init; }

    internal MemberBounds Bounds { get; init; } = MemberBounds.Default;

    /// <summary>Whom the members and the publisher tell what happens.</summary>
    internal PipelineHappenings Happenings => field ??= new PipelineHappenings(Metrics, Logger);

    /// <summary>Of the partitions of all members.</summary>
    internal LogEnds Ends { get; } = new();
}
