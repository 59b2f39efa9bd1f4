using Npgsql;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>
/// Removes old state in steps that hold few locks for a short time, the oldest first: what they leave behind an autovacuum takes as it goes.
/// </summary>
/// <remarks>
/// A day goes as a whole: one that was half removed would be published as half. What is marked, or still has partials, waits until it has been
/// published and folded. Replayed letters and filled hours are remembered for ever: a few bytes each, without which they could count twice.
/// </remarks>
/// <param name="database">Not disposed here.</param>
/// <param name="pipeline">Whose state.</param>
/// <param name="rollups">All that are configured; null: that by platform alone.</param>
public sealed class PostgresRetention(NpgsqlDataSource database, string pipeline, IReadOnlyList<Rollup>? rollups = null) : IStateRetention
{
    // Materialized: a plan that asks for the oldest once a row would remove more than the limit.
    private static readonly string[] Removals =
    [
        """
        WITH old AS MATERIALIZED (
          SELECT h.rollup, h.bucket_start, h.label FROM streamagg.hour_base h
          WHERE h.pipeline = @pipeline AND h.rollup = @rollup AND h.bucket_start < @before
            AND NOT EXISTS (SELECT FROM streamagg.dirty_hour k WHERE k.pipeline = @pipeline AND k.rollup = @rollup
              AND k.bucket_start = h.bucket_start AND k.label = h.label)
            AND NOT EXISTS (SELECT FROM streamagg.partial t WHERE t.pipeline = @pipeline AND t.rollup = @rollup
              AND t.bucket_start = h.bucket_start AND t.label = h.label)
          ORDER BY h.bucket_start, h.label LIMIT @limit FOR UPDATE SKIP LOCKED)
        DELETE FROM streamagg.hour_base b USING old
        WHERE b.pipeline = @pipeline AND b.bucket_start = old.bucket_start AND b.rollup = old.rollup AND b.label = old.label
        """,
        // Behind its base, and its day: a publisher finds all of an hour or nothing.
        """
        WITH old AS MATERIALIZED (
          SELECT h.rollup, h.bucket_start, h.label FROM streamagg.hour_sketch h
          WHERE h.pipeline = @pipeline AND h.rollup = @rollup AND h.bucket_start < @before
            AND NOT EXISTS (SELECT FROM streamagg.hour_base b WHERE b.pipeline = @pipeline AND b.rollup = @rollup
              AND b.bucket_start = h.bucket_start AND b.label = h.label)
            AND NOT EXISTS (SELECT FROM streamagg.partial t WHERE t.pipeline = @pipeline AND t.rollup = @rollup
              AND t.bucket_start = h.bucket_start AND t.label = h.label)
            AND NOT EXISTS (
              SELECT FROM streamagg.dirty_day y
              WHERE y.pipeline = @pipeline AND y.rollup = h.rollup AND y.label = h.label AND y.bucket_date = (h.bucket_start AT TIME ZONE 'UTC')::date)
          ORDER BY h.bucket_start, h.label LIMIT @limit FOR UPDATE SKIP LOCKED)
        DELETE FROM streamagg.hour_sketch s USING old
        WHERE s.pipeline = @pipeline AND s.bucket_start = old.bucket_start AND s.rollup = old.rollup AND s.label = old.label
        """,
    ];

    public async Task<int> RemoveAsync(IReadOnlyCollection<SourcePartition> partitions, TimeSpan keep, int limit, CancellationToken cancellation)
    {
        int removed = 0;
        IReadOnlyList<Rollup> all = rollups ?? CompleteRollups.Default;
        foreach (var (rollup, removal) in all.SelectMany(rollup => Removals.Select(removal => (rollup.Name, removal))))
            await StoreTransaction.WriteAsync(database, async transaction =>
            {
                Instant? watermark = null;
                await transaction.QueryAsync(
                    WatermarkSql.Smallest, p => WatermarkSql.Bind(p, pipeline, partitions),
                        row => watermark = Timestamps.ReadOptionalInstant(row, 0));
                if (watermark is not { } passed)
                    return false;
                Instant before = (passed - keep).Hour.Day.Start;
                int rows = await transaction.ExecuteAsync(
                    removal,
                    p => p.With("pipeline", pipeline).With("rollup", rollup).With("before", Timestamps.ToColumn(before)).With("limit", (long)limit));
                removed = Math.Max(removed, rows);
                return rows > 0;
            }, cancellation);
        return removed;
    }
}
