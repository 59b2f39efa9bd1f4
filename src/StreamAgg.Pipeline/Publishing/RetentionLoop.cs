using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Publishing;

/// <summary>Removes old state bit by bit, for as long as the process runs. Any number may run at once.</summary>
internal sealed class RetentionLoop(MemberServices services, IStateRetention retention, TimeSpan keep)
{
    /// <summary>Rows of a table a step: some tens of milliseconds.</summary>
    private const int Step = 500;

    private static readonly TimeSpan BetweenSteps = TimeSpan.FromSeconds(1), BetweenLooks = TimeSpan.FromMinutes(1);

    public async Task RunAsync(CancellationToken cancellation)
    {
        long removed = 0;
        while (true)
        {
            int rows = await RemoveAsync(cancellation);
            removed += rows;
            if (rows < Step && removed > 0)
            {
                services.Happenings.Forgotten(removed);
                removed = 0;
            }
            await Task.Delay(rows < Step ? BetweenLooks : BetweenSteps, services.Time, cancellation);
        }
    }

    private async Task<int> RemoveAsync(CancellationToken cancellation)
    {
        try
        {
            // Asked each time: a partition that was added holds everything until it has a watermark.
            return services.Topics.PartitionsOf(await services.Metadata.DescribeAsync(services.Topics.All, cancellation)) is { } partitions
                ? await retention.RemoveAsync(partitions, keep, Step, cancellation)
                : 0;
        }
        catch (Exception e) when (e is StoreUnavailableException or CommitOutcomeUnknownException or LogUnavailableException)
        {
            // Nothing hurries: the next look finds what this one left.
            return 0;
        }
    }
}
