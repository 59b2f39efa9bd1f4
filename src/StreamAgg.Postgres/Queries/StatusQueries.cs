using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Postgres.Queries;

/// <summary>The statements of <see cref="AggregateQueries.StatusAsync"/>, of one snapshot.</summary>
internal static class StatusQueries
{
    private const string Partitions =
        """
        SELECT topic, partition, owner, next_offset, watermark, updated_at, clock_timestamp() - checkpointed_at, topic_id
        FROM streamagg.source_partition WHERE pipeline = @pipeline ORDER BY topic, partition
        """;

    // Every hour with events has a mark until it is published, so the marks tell what is open, too.
    private const string Marks =
        """
        SELECT count(DISTINCT bucket_start) FILTER (WHERE is_open), min(bucket_start) FILTER (WHERE is_open),
          count(DISTINCT bucket_start) FILTER (WHERE NOT is_open)
        FROM (SELECT bucket_start, COALESCE(bucket_start > @watermark - interval '1 hour', true) AS is_open
          FROM streamagg.dirty_hour k WHERE pipeline = @pipeline AND (rollup = 'platform' OR EXISTS (
            SELECT FROM streamagg.rollup r WHERE r.pipeline = @pipeline AND r.name = k.rollup AND k.bucket_start >= r.complete_from))) h
        """;

    private const string Counts =
        """
        SELECT (SELECT count(DISTINCT bucket_date) FROM streamagg.dirty_day WHERE pipeline = @pipeline),
          (SELECT count(*) FROM streamagg.hour_sketch WHERE pipeline = @pipeline AND row_kept)
          + (SELECT count(*) FROM streamagg.day_sketch WHERE pipeline = @pipeline AND row_kept)
        """;

    // A minute's row may hold what was refused up to its end: with one minute more the last hour is in it whole.
    private const string Events =
        """
        SELECT outcome, reason, sum(events)::bigint, COALESCE(sum(events) FILTER (WHERE minute > now() - interval '61 minutes'), 0)::bigint
        FROM streamagg.event_tally WHERE pipeline = @pipeline GROUP BY outcome, reason ORDER BY outcome, reason
        """;

    private const string Gaps =
        """
        SELECT topic, partition, from_offset, to_offset, reason, recorded_at FROM streamagg.gap WHERE pipeline = @pipeline
        ORDER BY recorded_at, topic, partition, from_offset
        """;

    private const string Sizes =
        """
        SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_catalog.pg_class c
        WHERE c.relnamespace = 'streamagg'::regnamespace AND c.relkind = 'r' ORDER BY 2 DESC, 1
        """;

    private const string Rollups =
        """
        SELECT r.name, CASE WHEN r.complete_from > '-infinity' THEN r.complete_from ELSE (SELECT min(h.bucket_start) FROM (
            SELECT min(bucket_start) AS bucket_start FROM streamagg.partial WHERE pipeline = @pipeline AND rollup = r.name
            UNION ALL SELECT min(bucket_start) FROM streamagg.hour_base WHERE pipeline = @pipeline AND rollup = r.name) h) END,
          EXISTS (
            SELECT FROM unnest(@topics, @partitions) AS v(topic, partition)
            JOIN streamagg.source_partition s ON s.pipeline = @pipeline AND s.topic = v.topic AND s.partition = v.partition
            WHERE s.epoch > 0 AND NOT r.id = ANY (s.rollups))
        FROM streamagg.rollup r WHERE r.pipeline = @pipeline ORDER BY r.name
        """;

    public static async Task<StoreStatus> ReadAsync(StoreTransaction transaction, string pipeline, IReadOnlyCollection<SourcePartition>? named)
    {
        var partitions = new List<PartitionStatus>();
        await transaction.QueryAsync(Partitions, p => p.With("pipeline", pipeline), row => partitions.Add(new PartitionStatus(
            new SourcePartition(row.GetString(0), row.GetInt32(1)),
            row.IsDBNull(2) ? null : row.GetString(2),
            row.GetInt64(3),
            Timestamps.ReadOptionalInstant(row, 4),
            Timestamps.ReadInstant(row, 5),
            row.IsDBNull(6) ? null : row.GetTimeSpan(6))
        { TopicId = row.IsDBNull(7) ? null : row.GetString(7) }));

        Instant? watermark = null;
        await transaction.QueryAsync(
            WatermarkSql.Smallest,
            p => WatermarkSql.Bind(p, pipeline, named ?? [.. partitions.Select(partition => partition.Source)]),
            row => watermark = Timestamps.ReadOptionalInstant(row, 0));

        long open = 0, dirty = 0, days = 0, kept = 0;
        Instant? nextClose = null;
        await transaction.QueryAsync(
            Marks,
            p => p.With("pipeline", pipeline)
                .WithOptional("watermark", watermark is { } w ? Timestamps.ToColumn(w) : (DateTime?)null, NpgsqlTypes.NpgsqlDbType.TimestampTz),
            row =>
            {
                open = row.GetInt64(0);
                nextClose = row.IsDBNull(1) ? null : Timestamps.ReadHour(row, 1).End;
                dirty = row.GetInt64(2);
            });
        await transaction.QueryAsync(Counts, p => p.With("pipeline", pipeline), row => (days, kept) = (row.GetInt64(0), row.GetInt64(1)));

        var gaps = new List<RecordedGap>();
        await transaction.QueryAsync(Gaps, p => p.With("pipeline", pipeline), row => gaps.Add(new RecordedGap(
            new SourcePartition(row.GetString(0), row.GetInt32(1)),
            row.GetInt64(2),
            row.IsDBNull(3) ? null : row.GetInt64(3),
            row.GetString(4),
            Timestamps.ReadInstant(row, 5))));

        var events = new List<EventTotal>();
        await transaction.QueryAsync(Events, p => p.With("pipeline", pipeline), row => events.Add(
            new EventTotal(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3))));
        var sizes = new List<(string, long)>();
        await transaction.QueryAsync(Sizes, null, row => sizes.Add((row.GetString(0), row.GetInt64(1))));
        var rollups = new List<RollupStatus>();
        await transaction.QueryAsync(
            Rollups,
            p => WatermarkSql.Bind(p, pipeline, named ?? [.. partitions.Select(partition => partition.Source)]),
            row => rollups.Add(new RollupStatus(row.GetString(0), row.GetBoolean(2) ? null : Timestamps.ReadOptionalInstant(row, 1))));
        return new StoreStatus(partitions, watermark, open, nextClose, dirty, days, kept, gaps, events, sizes) { Rollups = rollups };
    }
}
