using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Members;

/// <summary>One claim: from an assignment to a state that may be read into. Touches no member state.</summary>
internal static class ClaimAttempt
{
    /// <returns>Null where the claim did not come off (an outage, a newer claim): try again.</returns>
    /// <exception cref="PipelineStoppedException">A gap, and gaps stop the pipeline.</exception>
    /// <exception cref="OperationCanceledException">The partition is not to be claimed any more.</exception>
    public static async Task<ClaimedPartition?> RunAsync(MemberServices services, SourcePartition source, CancellationToken cancellation)
    {
        try
        {
            return await ClaimAsync(services, source, cancellation);
        }
        catch (Exception e) when (e is StoreUnavailableException or LogUnavailableException or CommitOutcomeUnknownException)
        {
            services.Happenings.ClaimFailed(source, e.Message);
            return null;
        }
    }

    private static async Task<ClaimedPartition?> ClaimAsync(MemberServices services, SourcePartition source, CancellationToken cancellation)
    {
        if (!await services.Store.IsTopicKnownAsync(source.Topic, cancellation))
            await IntroduceAsync(services, source.Topic, cancellation);
        var claim = await services.Store.ClaimAsync(source, services.Owner, cancellation);

        // Now, not before: a member that asked earlier could make an incarnation its own that is no longer there.
        string topicId = (await DescribeAsync(services, source.Topic, cancellation)).TopicId;
        if (claim.TopicId != topicId)
        {
            var gap = claim.TopicId is null
                ? null
                : new Gap(
                    source, claim.NextOffset, null,
                    $"topic recreated (id {claim.TopicId} became {topicId}): what was not read of the old one is gone");
            if (gap is not null && services.Options.OnGap == GapAction.Stop)
                await GapPolicy.StopAsync(services, gap, cancellation);
            if (await AdoptAsync(services, source, claim.Fence, topicId, gap, cancellation) is not { } fence)
                return null;
            claim = gap is null
                ? claim with { Fence = fence, TopicId = topicId }
                : claim with { Fence = fence, TopicId = topicId, NextOffset = 0, LeaderEpoch = null, Watermark = null };
        }

        var partials = await services.Store.LoadPartialsAsync(source, cancellation);
        // Before the first event, for without it none could be told from one that lies ahead.
        return new ClaimedPartition(claim, topicId, partials, await ToldTime.AskAsync(services, cancellation));
    }

    /// <summary>Tells the gap where it is stored, or may be: where the answer is lost, the next claim finds nothing left to tell.</summary>
    private static async Task<Fence?> AdoptAsync(
        MemberServices services, SourcePartition source, Fence fence, string topicId, Gap? gap, CancellationToken cancellation)
    {
        Fence? adopted;
        try
        {
            adopted = await services.Store.AdoptTopicIdAsync(source, fence, topicId, gap, cancellation);
        }
        catch (CommitOutcomeUnknownException) when (gap is not null)
        {
            services.Happenings.GapFound(gap);
            throw;
        }

        if (adopted is not null && gap is not null)
            services.Happenings.GapFound(gap);
        return adopted;
    }

    private static async Task IntroduceAsync(MemberServices services, string topic, CancellationToken cancellation)
    {
        var metadata = await DescribeAsync(services, topic, cancellation);
        var partitions = Enumerable.Range(0, metadata.PartitionCount).Select(partition => new SourcePartition(topic, partition)).ToArray();
        var start = services.Options.StartFrom;
        var offsets = start.Kind switch
        {
            StartKind.Beginning => await services.Metadata.BeginningOffsetsAsync(partitions, cancellation),
            StartKind.End => await services.Metadata.EndOffsetsAsync(partitions, cancellation),
            _ => await services.Metadata.OffsetsForTimeAsync(partitions, start.Time, cancellation),
        };
        if (partitions.Any(partition => !offsets.ContainsKey(partition)))
            throw new LogUnavailableException($"the brokers did not tell where every partition of {topic} starts");
        services.Happenings.TopicIntroduced(topic, metadata.PartitionCount, start);
        await services.Store.IntroduceTopicAsync(topic, metadata.TopicId, [.. partitions.Select(partition => offsets[partition])], cancellation);
    }

    private static async Task<TopicDetails> DescribeAsync(MemberServices services, string topic, CancellationToken cancellation) =>
        (await services.Metadata.DescribeAsync([topic], cancellation)).TryGetValue(topic, out var metadata)
            ? metadata
            : throw new LogUnavailableException($"topic {topic} does not exist (any more)");
}

internal sealed record ClaimedPartition(PartitionClaim Claim, string TopicId, IReadOnlyList<PartialRow> Partials, ToldTime AskedAt);
