using StreamAgg.Core.Aggregation;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Postgres.Store;

/// <summary>One of the two tables that people read, and the rule for writing it.</summary>
/// <typeparam name="TBucket"><see cref="DateTime"/> (hours) or <see cref="DateOnly"/> (days).</typeparam>
internal sealed class PublishedTable<TBucket>
{
    private readonly string upsert, larger;

    public PublishedTable(string publishSchema, string table, string bucketColumn)
    {
        string name = $"{SqlIdentifier.Quote(publishSchema)}.{table}";
        // Not written: a row that would not change (computed_at is no value), and one that counts more than ours. Ours never count
        // less than they did, so such a row is somebody else's: an earlier batch job's, say, of which the log holds only a part.
        upsert =
            $"""
            INSERT INTO {name} AS t ({bucketColumn}, platform, request_count, success_count, error_count, error_4xx_count, error_5xx_count,
              timeout_count, avg_latency_ms, p99_latency_ms, error_rate, computed_at)
            SELECT v.*, now() FROM unnest(@buckets, @platforms, @requests, @success, @errors, @errors4xx, @errors5xx, @timeouts, @avg, @p99, @rates)
              AS v(bucket, platform, requests, success, errors, errors4xx, errors5xx, timeouts, avg, p99, rate)
            ORDER BY v.bucket, v.platform COLLATE "C"
            ON CONFLICT ({bucketColumn}, platform) DO UPDATE SET request_count = EXCLUDED.request_count, success_count = EXCLUDED.success_count,
              error_count = EXCLUDED.error_count, error_4xx_count = EXCLUDED.error_4xx_count, error_5xx_count = EXCLUDED.error_5xx_count,
              timeout_count = EXCLUDED.timeout_count, avg_latency_ms = EXCLUDED.avg_latency_ms, p99_latency_ms = EXCLUDED.p99_latency_ms,
              error_rate = EXCLUDED.error_rate, computed_at = EXCLUDED.computed_at
            WHERE EXCLUDED.request_count >= t.request_count
              AND (t.request_count, t.success_count, t.error_count, t.error_4xx_count, t.error_5xx_count, t.timeout_count, t.avg_latency_ms,
                t.p99_latency_ms, t.error_rate)
              IS DISTINCT FROM (EXCLUDED.request_count, EXCLUDED.success_count, EXCLUDED.error_count, EXCLUDED.error_4xx_count,
                EXCLUDED.error_5xx_count, EXCLUDED.timeout_count, EXCLUDED.avg_latency_ms, EXCLUDED.p99_latency_ms, EXCLUDED.error_rate)
            RETURNING t.{bucketColumn}, t.platform
            """;
        larger =
            $"""
            SELECT t.{bucketColumn}, t.platform FROM {name} t
            JOIN unnest(@buckets, @platforms, @requests) AS v(bucket, platform, requests) ON t.{bucketColumn} = v.bucket AND t.platform = v.platform
            WHERE t.request_count > v.requests
            """;
    }

    /// <summary>Inserts and updates what changes something.</summary>
    /// <param name="transaction">Holds the locks of the sketches of these rows.</param>
    /// <param name="rows">Each key once.</param>
    /// <returns>How many rows were written, and the keys of those that stayed because they count more.</returns>
    public async Task<(int Written, HashSet<(TBucket Bucket, string Platform)> Kept)> UpsertAsync(
        StoreTransaction transaction, PublishedRow<TBucket>[] rows)
    {
        var written = new HashSet<(TBucket, string)>();
        await transaction.QueryAsync(
            upsert,
            p => p.With("buckets", Array.ConvertAll(rows, r => r.Bucket))
                .With("platforms", Array.ConvertAll(rows, r => r.Platform))
                .With("requests", Array.ConvertAll(rows, r => r.Totals.RequestCount))
                .With("success", Array.ConvertAll(rows, r => r.Totals.SuccessCount))
                .With("errors", Array.ConvertAll(rows, r => r.Totals.ErrorCount))
                .With("errors4xx", Array.ConvertAll(rows, r => r.Totals.Error4xxCount))
                .With("errors5xx", Array.ConvertAll(rows, r => r.Totals.Error5xxCount))
                .With("timeouts", Array.ConvertAll(rows, r => r.Totals.TimeoutCount))
                .With("avg", Array.ConvertAll(rows, r => r.Totals.MeanMilliseconds))
                .With("p99", Array.ConvertAll(rows, r => r.P99Milliseconds))
                .With("rates", Array.ConvertAll(rows, r => r.Totals.ErrorRatePercent)),
            row => written.Add((row.GetFieldValue<TBucket>(0), row.GetString(1))));

        var kept = new HashSet<(TBucket, string)>();
        PublishedRow<TBucket>[] left = [.. rows.Where(row => !written.Contains((row.Bucket, row.Platform)))];
        if (left.Length > 0)
            await transaction.QueryAsync(
                larger,
                p => p.With("buckets", Array.ConvertAll(left, r => r.Bucket))
                    .With("platforms", Array.ConvertAll(left, r => r.Platform))
                    .With("requests", Array.ConvertAll(left, r => r.Totals.RequestCount)),
                row => kept.Add((row.GetFieldValue<TBucket>(0), row.GetString(1))));
        return (written.Count, kept);
    }
}

internal readonly record struct PublishedRow<TBucket>(TBucket Bucket, string Platform, BucketTotals Totals, double? P99Milliseconds);
