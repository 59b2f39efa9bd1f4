using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Members;

/// <summary>What happens where the log lacks records that were not counted.</summary>
internal static class GapPolicy
{
    /// <summary>Records the gap without passing it, and stops: started again with another choice, the pipeline passes it.</summary>
    /// <exception cref="PipelineStoppedException">Always, once the gap is recorded.</exception>
    public static async Task StopAsync(MemberServices services, Gap gap, CancellationToken cancellation)
    {
        await services.Store.RecordGapAsync(gap, cancellation);
        services.Happenings.GapFound(gap);
        throw new PipelineStoppedException($"{gap}; the gap is recorded in streamagg.gap. {Gap.Remedy}");
    }

    /// <summary>What is missing between where a partition stands and what the log holds now.</summary>
    /// <returns>The gap and where reading goes on; null where nothing is missing (the broker's view had lagged).</returns>
    public static async Task<(Gap Gap, long NextOffset)?> FindAsync(
        MemberServices services, SourcePartition source, long position, long? sharedEnd, string reason, CancellationToken cancellation)
    {
        var beginnings = await services.Metadata.BeginningOffsetsAsync([source], cancellation);
        var ends = await services.Metadata.EndOffsetsAsync([source], cancellation);
        if (!beginnings.TryGetValue(source, out long beginning) || !ends.TryGetValue(source, out long end))
            throw new LogUnavailableException($"the brokers did not tell what {source} holds");
        if (position < beginning)
            return (new Gap(source, position, beginning, reason), beginning);
        // Past the shared end the log holds other records than those that were read, whether it reaches the position again or not.
        long shared = Math.Min(sharedEnd ?? end, end);
        return position > shared
            ? (new Gap(source, shared, position, $"log truncated: {reason}"), Math.Max(shared, beginning))
            : null;
    }
}
