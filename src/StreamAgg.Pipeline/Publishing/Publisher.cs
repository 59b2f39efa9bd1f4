using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Publishing;

/// <summary>Publishes hours, then days, that are closed and dirty: changed since they were published. Any number may run at once.</summary>
/// <remarks>
/// One call at a time per instance. No leader is elected: where two meet, both do the work, and the store's guards let the second write nothing.
/// </remarks>
internal sealed class Publisher(MemberServices services)
{
    private readonly IAggregateStore store = services.Store;
    private IReadOnlyList<SourcePartition>? partitions;

    /// <summary>One pass: everything that is closed and dirty now.</summary>
    /// <returns>False where the store or the brokers could not be asked: try again later.</returns>
    public async Task<bool> PublishOnceAsync(CancellationToken cancellation)
    {
        long startedAt = services.Time.GetTimestamp();
        try
        {
            if (await PartitionsAsync(cancellation) is not { } known)
            {
                services.Metrics.PublicationFailed();
                return false;
            }

            int hours = await PublishAsync("hours", "hourly", known, ReadHoursAsync, store.PublishHoursAsync, cancellation);
            int days = await PublishAsync("days", "daily", known, store.ReadDirtyDaysAsync, store.PublishDaysAsync, cancellation);
            services.Happenings.Published(hours, days, services.Time.GetElapsedTime(startedAt));
            return true;
        }
        catch (Exception e) when (e is StoreUnavailableException or CommitOutcomeUnknownException)
        {
            // Nothing is lost: the marks of what was not published are still there.
            services.Happenings.PublishFailed(e.Message);
            return false;
        }
    }

    /// <summary>
    /// The partitions of which the smallest watermark is taken. Where the brokers do not answer the last answer serves: partitions
    /// do not go away, and one that was added meanwhile can only make a row early, which its events then correct.
    /// </summary>
    private async Task<IReadOnlyList<SourcePartition>?> PartitionsAsync(CancellationToken cancellation)
    {
        try
        {
            if (services.Topics.PartitionsOf(await services.Metadata.DescribeAsync(services.Topics.All, cancellation)) is { } answer)
                partitions = answer;
        }
        catch (LogUnavailableException e)
        {
            services.Happenings.EndsUnknown(e.Message);
        }

        return partitions;
    }

    private async Task<DirtySnapshot<Hour>> ReadHoursAsync(IReadOnlyList<SourcePartition> known, int limit, CancellationToken cancellation)
    {
        DirtySnapshot<Hour> snapshot = await store.ReadDirtyHoursAsync(known, limit, cancellation);
        services.Metrics.WatermarkAt(snapshot.Watermark, await store.NowAsync(cancellation));
        return snapshot;
    }

    private Task<int> PublishAsync<TBucket>(
        string buckets,
        string table,
        IReadOnlyList<SourcePartition> known,
        Func<IReadOnlyList<SourcePartition>, int, CancellationToken, Task<DirtySnapshot<TBucket>>> read,
        Func<IReadOnlyList<Publication<TBucket>>, CancellationToken, Task<PublishResult>> write,
        CancellationToken cancellation)
        where TBucket : IComparable<TBucket> => PublishPass.RunAsync(
            limit => read(known, limit, cancellation),
            async rows =>
            {
                PublishResult result = await write(rows, cancellation);
                services.Happenings.Published(table, result);
                return result;
            },
            services.Options.Compression,
            () => services.Metrics.Activities.StartActivity($"publish {buckets}"));
}
