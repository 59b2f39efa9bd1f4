using Npgsql;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>The two transactions that publish hours: one snapshot to read, one to write.</summary>
internal sealed class HourPublishing(string pipeline, string publishSchema)
{
    private const string Dirty =
        """
        SELECT bucket_start, platform, mark FROM streamagg.dirty_hour
        WHERE pipeline = @pipeline AND bucket_start <= @watermark - interval '1 hour'
        ORDER BY bucket_start, platform LIMIT @limit
        """;

    private const string Bases =
        $"""
        SELECT b.bucket_start, b.platform, b.rev, b.digest, {TotalsColumns.Names} FROM streamagg.hour_base b
        JOIN unnest(@hours, @platforms) AS v(hour, label) ON b.pipeline = @pipeline AND b.bucket_start = v.hour AND b.platform = v.label
        """;

    // All partials of the hour, whether the metadata still name their partition or not: they were counted.
    private const string Partials =
        $"""
        SELECT t.bucket_start, t.platform, t.rev, t.digest, {TotalsColumns.Names} FROM streamagg.partial t
        JOIN unnest(@hours, @platforms) AS v(hour, label) ON t.pipeline = @pipeline AND t.bucket_start = v.hour AND t.platform = v.label
        ORDER BY t.topic, t.partition
        """;

    // The guard stands for the published row too, which has no input_rev: only who wrote the sketch writes it, under the sketch's lock.
    private const string Sketches =
        $"""
        INSERT INTO streamagg.hour_sketch AS s (pipeline, bucket_start, platform, input_rev, {SketchColumns.Names})
        SELECT @pipeline, v.bucket_start, v.platform, v.input_rev, {SketchColumns.Values}
        FROM unnest(@hours, @platforms, @revs, {SketchColumns.Arrays}) AS v(bucket_start, platform, input_rev, {SketchColumns.ArrayNames})
        ORDER BY v.bucket_start, v.platform COLLATE "C"
        ON CONFLICT (pipeline, bucket_start, platform) DO UPDATE SET input_rev = EXCLUDED.input_rev, {SketchColumns.Replace}
        WHERE s.input_rev < EXCLUDED.input_rev
        RETURNING s.bucket_start, s.platform
        """;

    private const string Kept =
        """
        UPDATE streamagg.hour_sketch s SET row_kept = v.kept
        FROM unnest(@hours, @platforms, @kept) AS v(bucket_start, platform, kept)
        WHERE s.pipeline = @pipeline AND s.bucket_start = v.bucket_start AND s.platform = v.platform AND s.row_kept <> v.kept
        """;

    private const string MarkDays =
        """
        INSERT INTO streamagg.dirty_day (pipeline, bucket_date, platform, mark)
        SELECT @pipeline, v.bucket_date, v.platform, nextval('streamagg.mark_seq')
        FROM unnest(@days, @platforms) AS v(bucket_date, platform)
        ORDER BY v.bucket_date, v.platform COLLATE "C"
        ON CONFLICT (pipeline, bucket_date, platform) DO UPDATE SET mark = EXCLUDED.mark
        """;

    // Compared on the mark's own column, after its lock: a mark that a checkpoint holds is skipped, it is about to be another one.
    private const string Clear =
        """
        DELETE FROM streamagg.dirty_hour d USING (
          SELECT k.bucket_start, k.platform FROM streamagg.dirty_hour k
          JOIN unnest(@hours, @platforms, @marks) AS v(bucket_start, platform, mark)
            ON k.pipeline = @pipeline AND k.bucket_start = v.bucket_start AND k.platform = v.platform AND k.mark = v.mark
          FOR UPDATE OF k SKIP LOCKED) l
        WHERE d.pipeline = @pipeline AND d.bucket_start = l.bucket_start AND d.platform = l.platform
        """;

    private readonly PublishedTable<DateTime> published = new(publishSchema, "ops_metrics_hourly", "bucket_start");

    public async Task<HourSnapshot> ReadAsync(StoreTransaction transaction, IReadOnlyCollection<SourcePartition> partitions, int limit)
    {
        Instant? watermark = null;
        await transaction.QueryAsync(
            WatermarkSql.Smallest, p => WatermarkSql.Bind(p, pipeline, partitions), row => watermark = Timestamps.ReadOptionalInstant(row, 0));
        if (watermark is not { } passed)
            return new HourSnapshot([]);

        var dirty = new List<(HourKey Key, long Mark)>();
        await transaction.QueryAsync(
            Dirty,
            p => p.With("pipeline", pipeline).With("watermark", Timestamps.ToColumn(passed)).With("limit", (long)limit + 1),
            row => dirty.Add((new HourKey(Timestamps.ReadHour(row, 0), row.GetString(1)), row.GetInt64(2))));
        bool hasMore = dirty.Count > limit;
        if (hasMore)
            dirty.RemoveAt(limit);
        if (dirty.Count == 0)
            return new HourSnapshot([]) { Watermark = watermark };

        Dictionary<HourKey, List<RevisedRow>> inputs = dirty.ToDictionary(d => d.Key, _ => new List<RevisedRow>());
        foreach (string sql in (string[])[Bases, Partials])
            await transaction.QueryAsync(
                sql,
                p => p.With("pipeline", pipeline)
                    .With("hours", dirty.Select(d => Timestamps.ToColumn(d.Key.Hour)).ToArray())
                    .With("platforms", dirty.Select(d => d.Key.Platform).ToArray()),
                row => AddInput(row, inputs));
        return new HourSnapshot([.. dirty.Select(d => new DirtyHour(d.Key, d.Mark, inputs[d.Key]))]) { Watermark = watermark, HasMore = hasMore };
    }

    public async Task<PublishResult> WriteAsync(StoreTransaction transaction, IReadOnlyList<Publication<HourKey>> rows)
    {
        HashSet<HourKey> taken = await WriteSketchesAsync(transaction, rows);
        Publication<HourKey>[] ours = [.. rows.Where(row => taken.Contains(row.Key))];
        var result = new PublishResult(0, 0, 0);
        if (ours.Length > 0)
        {
            (int written, var kept) = await published.UpsertAsync(
                transaction, Array.ConvertAll(ours, r => new PublishedRow<DateTime>(Timestamps.ToColumn(r.Key.Hour), r.Key.Platform, r.Totals, r.P99Milliseconds)));
            result = new PublishResult(written, kept.Count, ours.Length - written - kept.Count);
            await transaction.ExecuteAsync(Kept, p => p
                .With("pipeline", pipeline)
                .With("hours", Array.ConvertAll(ours, r => Timestamps.ToColumn(r.Key.Hour)))
                .With("platforms", Array.ConvertAll(ours, r => r.Key.Platform))
                .With("kept", Array.ConvertAll(ours, r => kept.Contains((Timestamps.ToColumn(r.Key.Hour), r.Key.Platform)))));
            await MarkDaysAsync(transaction, ours);
        }
        await transaction.ExecuteAsync(Clear, p => p
            .With("pipeline", pipeline)
            .With("hours", rows.Select(r => Timestamps.ToColumn(r.Key.Hour)).ToArray())
            .With("platforms", rows.Select(r => r.Key.Platform).ToArray())
            .With("marks", rows.Select(r => r.Mark).ToArray()));
        return result;
    }

    private async Task<HashSet<HourKey>> WriteSketchesAsync(StoreTransaction transaction, IReadOnlyList<Publication<HourKey>> rows)
    {
        var taken = new HashSet<HourKey>();
        var sketches = new SketchColumns([.. rows.Select(row => (row.Totals, row.Centroids))]);
        await transaction.QueryAsync(
            Sketches,
            p =>
            {
                p.With("pipeline", pipeline)
                    .With("hours", rows.Select(r => Timestamps.ToColumn(r.Key.Hour)).ToArray())
                    .With("platforms", rows.Select(r => r.Key.Platform).ToArray())
                    .With("revs", rows.Select(r => r.InputRev).ToArray());
                sketches.Bind(p);
            },
            row => taken.Add(new HourKey(Timestamps.ReadHour(row, 0), row.GetString(1))));
        return taken;
    }

    private Task<int> MarkDaysAsync(StoreTransaction transaction, Publication<HourKey>[] rows)
    {
        DayKey[] days = [.. rows.Select(row => new DayKey(row.Key.Hour.Day, row.Key.Platform)).Distinct()];
        return transaction.ExecuteAsync(MarkDays, p => p
            .With("pipeline", pipeline)
            .With("days", Array.ConvertAll(days, day => day.Day.ToDate()))
            .With("platforms", Array.ConvertAll(days, day => day.Platform)));
    }

    private static void AddInput(NpgsqlDataReader row, Dictionary<HourKey, List<RevisedRow>> inputs)
    {
        var key = new HourKey(Timestamps.ReadHour(row, 0), row.GetString(1));
        var partial = new PartialRow(key.Hour, key.Platform, TotalsColumns.Read(row, 4), row.GetFieldValue<byte[]>(3));
        inputs[key].Add(new RevisedRow(partial, row.GetInt64(2)));
    }
}
