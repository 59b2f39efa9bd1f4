using StreamAgg.Pipeline.Faults;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Check;

/// <summary>What must be so between the two servers.</summary>
internal sealed class PipelineChecks(Settings settings, CheckServers servers, KafkaChecks kafka)
{
    private const int ShownGaps = 3;

    /// <summary>Without a checkpoint for so long, a partition that a member of the group reads is not counted here.</summary>
    private static readonly TimeSpan CheckpointLimit = TimeSpan.FromMinutes(1);

    private static readonly Diagnosis Silence = new(
        $"No answer came within {CheckRun.AnswerTimeout.TotalSeconds:0} s.", "See that both servers answer `streamagg status`.");

    public IEnumerable<Precondition> All =>
    [
        new("log from where it was counted", BothServers, LogAsync, Silence),
        new("members of the group", [.. BothServers, kafka.Group], MembersAsync, Silence),
    ];

    private IReadOnlyList<string> BothServers => [PostgresChecks.Server, PostgresChecks.Schema, KafkaChecks.Server, .. kafka.Inputs];

    /// <summary>What a start would find of each partition, by the rules of a claim.</summary>
    private async Task<Finding> LogAsync(CancellationToken cancellation)
    {
        var status = await servers.Queries.StatusAsync(null, cancellation);
        var topics = await servers.Metadata.DescribeAsync(settings.Topics.All, cancellation);
        var stored = status.Partitions
            .Where(partition => topics.TryGetValue(partition.Source.Topic, out var topic) && partition.Source.Partition < topic.PartitionCount)
                .ToList();
        if (stored.Count == 0)
            return Finding.Ok($"nothing is counted yet: reading starts at: {settings.Pipeline.StartFrom}");
        var sources = stored.Select(partition => partition.Source).ToList();
        var beginnings = await servers.Metadata.BeginningOffsetsAsync(sources, cancellation);
        var ends = await servers.Metadata.EndOffsetsAsync(sources, cancellation);
        var gaps = stored.Select(partition => GapOf(partition, topics[partition.Source.Topic].TopicId, beginnings, ends)).OfType<Gap>().ToList();
        string shown = string.Join("; ", gaps.Take(ShownGaps)) + (gaps.Count > ShownGaps ? $"; and {gaps.Count - ShownGaps} more" : "");
        string earlier = status.Gaps.Count == 0 ? "" : $"; {status.Gaps.Count} recorded in streamagg.gap";
        return gaps.Count == 0 ? Finding.Ok($"it holds what is to be read next{earlier}")
            : settings.Pipeline.OnGap == GapAction.Continue ? Finding.Ok($"{shown}: `run` records this and goes on (StreamAgg:OnGap)")
            : Finding.Failed(new(shown, Gap.Remedy));
    }

    private static Gap? GapOf(
        PartitionStatus partition, string topicId, IReadOnlyDictionary<SourcePartition, long> beginnings,
        IReadOnlyDictionary<SourcePartition, long> ends)
    {
        var (source, next) = (partition.Source, partition.NextOffset);
        if (partition.TopicId is { } id && id != topicId)
            return new Gap(source, next, null, "topic recreated");
        if (beginnings.TryGetValue(source, out long beginning) && next < beginning)
            return new Gap(source, next, beginning, "the log begins later");
        return ends.TryGetValue(source, out long end) && next > end ? new Gap(source, end, next, "log truncated") : null;
    }

    /// <summary>Two deployments in one group would each count a part of the events.</summary>
    private async Task<Finding> MembersAsync(CancellationToken cancellation)
    {
        if (await servers.Group.AssignedAsync(cancellation) is not { } assigned)
            return Finding.Ok("the brokers do not tell");
        var status = await servers.Queries.StatusAsync(null, cancellation);
        var counted = status.Partitions.ToDictionary(partition => partition.Source, partition => partition.CheckpointAge);
        var limit = CheckpointLimit + (2 * settings.Pipeline.CheckpointInterval);
        var foreign = assigned.Where(source => !(counted.GetValueOrDefault(source) < limit)).Order().ToList();
        return foreign.Count == 0
            ? Finding.Ok(assigned.Count == 0 ? "none reads a partition now" : $"what they read is counted here ({assigned.Count} partitions)")
            : Finding.Failed(new(
                $"{foreign.Count} partitions are read by members whose checkpoints do not come here, {foreign[0]} the first: "
                + $"another deployment is in {kafka.Group}.",
                "Set StreamAgg:Kafka:GroupId to a name of this deployment's own; where a member has only just joined, check again in a minute."));
    }
}
