using System.Diagnostics;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Members;

/// <summary>One checkpoint from its cut to its verdict. Touches no member state: it runs beside the reading.</summary>
/// <remarks>
/// The order is the protocol's: dead letters first, then the database's time, then the broker's answers (the topic's id has to be read
/// after the last record that is in the cut), then the transaction, and where its outcome is unknown, the fences.
/// </remarks>
internal sealed class CheckpointAttempt(MemberServices services, IReadOnlyList<PartitionCut> cuts)
{
    private readonly Dictionary<SourcePartition, CutVerdict> verdicts = [];
    private IReadOnlyDictionary<SourcePartition, long> endOffsets = new Dictionary<SourcePartition, long>();
    private ToldTime? told;

    public IReadOnlyList<PartitionCut> Cuts => cuts;

    /// <summary>Monotonic, of the start.</summary>
    public long StartedAt { get; } = services.Time.GetTimestamp();

    public async Task<CheckpointOutcome> RunAsync(CancellationToken cancellation)
    {
        // The spans of the statements within are its children: they take the current one for their parent.
        using var activity = services.Metrics.Activities.StartActivity("checkpoint");
        activity?.SetTag("streamagg.partitions", cuts.Count);
        activity?.SetTag("streamagg.rows", cuts.Sum(cut => cut.RowCount));
        try
        {
            await WriteAsync(cancellation);
            return Ended(null);
        }
        catch (Exception e) when (e is StoreUnavailableException or LogUnavailableException)
        {
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            return Ended(e);
        }
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        await services.DeadLetters.FlushAsync(cancellation);
        var answer = await ToldTime.AskAsync(services, cancellation);
        told = answer;
        var topics = await services.Metadata.DescribeAsync([.. cuts.Select(cut => cut.Source.Topic).Distinct()], cancellation);
        await AskEndsAsync(cancellation);

        var checkpoints = new List<PartitionCheckpoint>(cuts.Count);
        var watermarks = new Dictionary<SourcePartition, Instant?>(cuts.Count);
        foreach (var cut in cuts)
        {
            if (!topics.TryGetValue(cut.Source.Topic, out var topic) || topic.TopicId != cut.TopicId)
            {
                // What was read may belong to another incarnation than the offsets: start over from what is stored.
                verdicts[cut.Source] = new CutVerdict(CutOutcome.Dropped, null, "the topic was recreated or deleted");
                continue;
            }

            long? end = endOffsets.TryGetValue(cut.Source, out long offset) ? offset : null;
            var watermark = WatermarkRule.Of(cut.StoredWatermark, cut.MaxEventTime, cut.NextOffset, end, answer.Now, services.Options.Grace);
            if (!cut.HasUnsaved && watermark == cut.StoredWatermark)
            {
                verdicts[cut.Source] = new CutVerdict(CutOutcome.Unchanged, null, null);
                continue;
            }

            watermarks[cut.Source] = watermark;
            checkpoints.Add(cut.ToCheckpoint(watermark));
        }

        if (checkpoints.Count > 0)
            await StoreAsync(checkpoints, watermarks, cancellation);
    }

    private async Task AskEndsAsync(CancellationToken cancellation)
    {
        try
        {
            long askedAt = services.Time.GetTimestamp();
            endOffsets = await services.Metadata.EndOffsetsAsync([.. cuts.Select(cut => cut.Source)], cancellation);
            services.Ends.Told(endOffsets, askedAt);
            var untold = cuts.Select(cut => cut.Source).Where(source => !endOffsets.ContainsKey(source)).ToList();
            if (untold.Count > 0)
                services.Happenings.SomeEndsUnknown(untold.Count, untold[0]);
        }
        catch (LogUnavailableException e)
        {
            // No answer moves nothing: the wall clock does not count, the rest of the checkpoint does.
            services.Happenings.EndsUnknown(e.Message);
        }
    }

    private async Task StoreAsync(
        List<PartitionCheckpoint> checkpoints, Dictionary<SourcePartition, Instant?> watermarks, CancellationToken cancellation)
    {
        try
        {
            var result = await services.Store.CheckpointAsync(checkpoints, cancellation);
            foreach (var checkpoint in checkpoints)
            {
                verdicts[checkpoint.Source] = result.IsCommitted
                    ? new CutVerdict(CutOutcome.Committed, watermarks[checkpoint.Source], null)
                    : result.Fenced.Contains(checkpoint.Source)
                        ? new CutVerdict(CutOutcome.Fenced, null, "another member has claimed it")
                        : new CutVerdict(CutOutcome.NotWritten, null, null);
            }
        }
        catch (CommitOutcomeUnknownException e)
        {
            services.Happenings.CommitUnknown(e.Message);
            await ResolveAsync(checkpoints, watermarks, cancellation);
        }
    }

    /// <summary>
    /// The fence alone tells: the next number means committed, the same one not (should the lost COMMIT still arrive, the next
    /// checkpoint misses its fence), anything else that somebody has claimed since.
    /// </summary>
    private async Task ResolveAsync(
        List<PartitionCheckpoint> checkpoints, Dictionary<SourcePartition, Instant?> watermarks, CancellationToken cancellation)
    {
        var fences = await ReadFencesAsync([.. checkpoints.Select(checkpoint => checkpoint.Source)], cancellation);
        foreach (var checkpoint in checkpoints)
        {
            bool found = fences.TryGetValue(checkpoint.Source, out var fence);
            verdicts[checkpoint.Source] = found && fence == checkpoint.Fence.Next
                ? new CutVerdict(CutOutcome.Committed, watermarks[checkpoint.Source], null)
                : found && fence == checkpoint.Fence
                    ? new CutVerdict(CutOutcome.NotWritten, null, null)
                    : new CutVerdict(CutOutcome.Fenced, null, "another member has claimed it");
        }
    }

    private async Task<IReadOnlyDictionary<SourcePartition, Fence>> ReadFencesAsync(SourcePartition[] sources, CancellationToken cancellation)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await services.Store.ReadFencesAsync(sources, cancellation);
            }
            catch (StoreUnavailableException e)
            {
                // Until the fences can be read nothing may be written and nothing forgotten; reading goes on up to its bound.
                services.Happenings.StoreAway(e.Message);
                await Task.Delay(services.Backoff.Delay(attempt), services.Time, cancellation);
            }
        }
    }

    private CheckpointOutcome Ended(Exception? failure)
    {
        foreach (var cut in cuts)
            verdicts.TryAdd(cut.Source, new CutVerdict(CutOutcome.NotWritten, null, null));
        return new CheckpointOutcome(verdicts, endOffsets, told, failure);
    }
}

/// <param name="AskedAt">The database's time; null where it did not tell.</param>
/// <param name="Failure">Why nothing was written; null where nothing failed.</param>
internal sealed record CheckpointOutcome(
    IReadOnlyDictionary<SourcePartition, CutVerdict> Verdicts, IReadOnlyDictionary<SourcePartition, long> EndOffsets, ToldTime? AskedAt,
    Exception? Failure)
{
    /// <summary>Null where they were not asked: PostgreSQL was away before.</summary>
    public bool? BrokersAnswered => Failure is null || EndOffsets.Count > 0 ? true : Failure is LogUnavailableException ? false : null;
}

internal readonly record struct CutVerdict(CutOutcome Outcome, Instant? Watermark, string? Reason);

internal enum CutOutcome
{
    /// <summary>Nothing was written; the cut goes back.</summary>
    NotWritten,

    /// <summary>There was nothing to write.</summary>
    Unchanged,

    Committed,

    /// <summary>Somebody else's claim is newer.</summary>
    Fenced,

    /// <summary>The state is of no use any more.</summary>
    Dropped,
}
