using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Postgres.Store;

/// <summary>The two transactions that publish days, after the hours' own: a day written with one of its hours would miss the others'.</summary>
internal sealed class DayPublishing(string pipeline, string publishSchema)
{
    // A day with a dirty hour waits: it would be no recount of a prefix of the log.
    private const string Dirty =
        $"""
        WITH passed AS ({WatermarkSql.Smallest})
        SELECT y.bucket_date, y.platform, y.mark FROM streamagg.dirty_day y, passed
        WHERE y.pipeline = @pipeline AND (y.bucket_date + 1)::timestamp AT TIME ZONE 'UTC' <= passed.watermark
          AND NOT EXISTS (
            SELECT FROM streamagg.dirty_hour k
            WHERE k.pipeline = @pipeline AND k.platform = y.platform AND k.bucket_start >= y.bucket_date::timestamp AT TIME ZONE 'UTC'
              AND k.bucket_start < (y.bucket_date + 1)::timestamp AT TIME ZONE 'UTC')
        ORDER BY y.bucket_date, y.platform LIMIT @limit
        """;

    private const string Hours =
        $"""
        SELECT v.day, s.platform, s.bucket_start, s.input_rev, {SketchColumns.Names} FROM streamagg.hour_sketch s
        JOIN unnest(@days, @platforms) AS v(day, label) ON s.pipeline = @pipeline AND s.platform = v.label
          AND s.bucket_start >= v.day::timestamp AT TIME ZONE 'UTC' AND s.bucket_start < (v.day + 1)::timestamp AT TIME ZONE 'UTC'
        ORDER BY s.bucket_start
        """;

    private const string Sketches =
        $"""
        INSERT INTO streamagg.day_sketch AS s (pipeline, bucket_date, platform, input_rev, {SketchColumns.Names})
        SELECT @pipeline, v.bucket_date, v.platform, v.input_rev, {SketchColumns.Values}
        FROM unnest(@days, @platforms, @revs, {SketchColumns.Arrays}) AS v(bucket_date, platform, input_rev, {SketchColumns.ArrayNames})
        ORDER BY v.bucket_date, v.platform COLLATE "C"
        ON CONFLICT (pipeline, bucket_date, platform) DO UPDATE SET input_rev = EXCLUDED.input_rev, {SketchColumns.Replace}
        WHERE s.input_rev < EXCLUDED.input_rev
        RETURNING s.bucket_date, s.platform
        """;

    private const string Kept =
        """
        UPDATE streamagg.day_sketch s SET row_kept = v.kept
        FROM unnest(@days, @platforms, @kept) AS v(bucket_date, platform, kept)
        WHERE s.pipeline = @pipeline AND s.bucket_date = v.bucket_date AND s.platform = v.platform AND s.row_kept <> v.kept
        """;

    private const string Clear =
        """
        DELETE FROM streamagg.dirty_day d USING (
          SELECT k.bucket_date, k.platform FROM streamagg.dirty_day k
          JOIN unnest(@days, @platforms, @marks) AS v(bucket_date, platform, mark)
            ON k.pipeline = @pipeline AND k.bucket_date = v.bucket_date AND k.platform = v.platform AND k.mark = v.mark
          FOR UPDATE OF k SKIP LOCKED) l
        WHERE d.pipeline = @pipeline AND d.bucket_date = l.bucket_date AND d.platform = l.platform
        """;

    // Somebody else has counted hours of the day of which nothing was ever seen here (an earlier batch job, until the day of the
    // takeover is filled): the day's sum would miss them. An hour's sketch and its row are committed together, so ours are never among them.
    private readonly string unseen =
        $"""
        SELECT v.day, v.label FROM unnest(@days, @platforms) AS v(day, label)
        WHERE EXISTS (
          SELECT FROM {SqlIdentifier.Quote(publishSchema)}.ops_metrics_hourly t
          WHERE t.platform = v.label AND t.bucket_start >= v.day::timestamp AT TIME ZONE 'UTC' AND t.bucket_start < (v.day + 1)::timestamp AT TIME ZONE 'UTC'
            AND NOT EXISTS (
              SELECT FROM streamagg.hour_sketch s WHERE s.pipeline = @pipeline AND s.bucket_start = t.bucket_start AND s.platform = v.label))
        """;

    private readonly PublishedTable<DateOnly> published = new(publishSchema, "ops_metrics_daily", "bucket_date");

    public async Task<DaySnapshot> ReadAsync(StoreTransaction transaction, IReadOnlyCollection<SourcePartition> partitions, int limit)
    {
        var dirty = new List<(DayKey Key, long Mark)>();
        await transaction.QueryAsync(
            Dirty,
            p => WatermarkSql.Bind(p, pipeline, partitions).With("limit", (long)limit + 1),
            row => dirty.Add((new DayKey(Timestamps.ReadDay(row, 0), row.GetString(1)), row.GetInt64(2))));
        bool hasMore = dirty.Count > limit;
        if (hasMore)
            dirty.RemoveAt(limit);
        if (dirty.Count == 0)
            return new DaySnapshot([]);

        Dictionary<DayKey, List<HourSketch>> hours = dirty.ToDictionary(d => d.Key, _ => new List<HourSketch>());
        await transaction.QueryAsync(
            Hours,
            p => p.With("pipeline", pipeline)
                .With("days", dirty.Select(d => d.Key.Day.ToDate()).ToArray())
                .With("platforms", dirty.Select(d => d.Key.Platform).ToArray()),
            row =>
            {
                var (totals, centroids) = SketchColumns.Read(row, 4);
                hours[new DayKey(Timestamps.ReadDay(row, 0), row.GetString(1))]
                    .Add(new HourSketch(Timestamps.ReadHour(row, 2), row.GetInt64(3), totals, centroids));
            });
        return new DaySnapshot([.. dirty.Select(d => new DirtyDay(d.Key, d.Mark, hours[d.Key]))]) { HasMore = hasMore };
    }

    public async Task<PublishResult> WriteAsync(StoreTransaction transaction, IReadOnlyList<Publication<DayKey>> rows)
    {
        var taken = new HashSet<DayKey>();
        var sketches = new SketchColumns([.. rows.Select(row => (row.Totals, row.Centroids))]);
        await transaction.QueryAsync(
            Sketches,
            p =>
            {
                p.With("pipeline", pipeline)
                    .With("days", rows.Select(r => r.Key.Day.ToDate()).ToArray())
                    .With("platforms", rows.Select(r => r.Key.Platform).ToArray())
                    .With("revs", rows.Select(r => r.InputRev).ToArray());
                sketches.Bind(p);
            },
            row => taken.Add(new DayKey(Timestamps.ReadDay(row, 0), row.GetString(1))));

        Publication<DayKey>[] ours = [.. rows.Where(row => taken.Contains(row.Key))];
        var result = new PublishResult(0, 0, 0);
        if (ours.Length > 0)
        {
            HashSet<DayKey> held = await ReadUnseenAsync(transaction, ours);
            (int written, var kept) = await published.UpsertAsync(
                transaction,
                [
                    .. ours.Where(r => !held.Contains(r.Key))
                        .Select(r => new PublishedRow<DateOnly>(r.Key.Day.ToDate(), r.Key.Platform, r.Totals, r.P99Milliseconds)),
                ]);
            kept.UnionWith(held.Select(key => (key.Day.ToDate(), key.Platform)));
            result = new PublishResult(written, kept.Count, ours.Length - written - kept.Count);
            await transaction.ExecuteAsync(Kept, p => p
                .With("pipeline", pipeline)
                .With("days", Array.ConvertAll(ours, r => r.Key.Day.ToDate()))
                .With("platforms", Array.ConvertAll(ours, r => r.Key.Platform))
                .With("kept", Array.ConvertAll(ours, r => kept.Contains((r.Key.Day.ToDate(), r.Key.Platform)))));
        }
        await transaction.ExecuteAsync(Clear, p => p
            .With("pipeline", pipeline)
            .With("days", rows.Select(r => r.Key.Day.ToDate()).ToArray())
            .With("platforms", rows.Select(r => r.Key.Platform).ToArray())
            .With("marks", rows.Select(r => r.Mark).ToArray()));
        return result;
    }

    /// <summary>The days that stay as they are until their hours are seen: an hour that gets its first sketch marks its day again.</summary>
    private async Task<HashSet<DayKey>> ReadUnseenAsync(StoreTransaction transaction, Publication<DayKey>[] rows)
    {
        var days = new HashSet<DayKey>();
        await transaction.QueryAsync(
            unseen,
            p => p.With("pipeline", pipeline)
                .With("days", Array.ConvertAll(rows, r => r.Key.Day.ToDate()))
                .With("platforms", Array.ConvertAll(rows, r => r.Key.Platform)),
            row => days.Add(new DayKey(Timestamps.ReadDay(row, 0), row.GetString(1))));
        return days;
    }
}
