using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Which hours were filled from elsewhere: written in the transaction that fills them, so that nobody fills one twice.</summary>
internal static class BackfilledHours
{
    private const string Remember =
        """
        INSERT INTO streamagg.backfilled_hour (pipeline, bucket_start, events)
        SELECT @pipeline, v.bucket_start, v.events FROM unnest(@hours, @events) AS v(bucket_start, events)
        ON CONFLICT (pipeline, bucket_start) DO UPDATE SET events = EXCLUDED.events, filled_at = now()
        """;

    private const string Forget = "DELETE FROM streamagg.backfilled_hour WHERE pipeline = @pipeline AND bucket_start >= @from AND bucket_start < @to";

    /// <summary>An hour in which nothing was found is filled, too; one that the log has told of since is not.</summary>
    public static Task WriteAsync(StoreTransaction transaction, string pipeline, HourSwap swap, IReadOnlyList<PartialRow> contents)
    {
        if (swap.Kind == SwapKind.Rebuild)
            return transaction.ExecuteAsync(
                Forget, p => p.With("pipeline", pipeline).With("from", Timestamps.ToColumn(swap.From)).With("to", Timestamps.ToColumn(swap.To)));
        ILookup<Hour, long> events = contents.ToLookup(row => row.Hour, row => row.Totals.RequestCount);
        Hour[] hours = [.. Enumerable.Range(swap.From.SinceEpoch, swap.To.SinceEpoch - swap.From.SinceEpoch).Select(hour => new Hour(hour))];
        return transaction.ExecuteAsync(Remember, p => p
            .With("pipeline", pipeline)
            .With("hours", Array.ConvertAll(hours, Timestamps.ToColumn))
            .With("events", Array.ConvertAll(hours, hour => events[hour].Sum())));
    }
}
