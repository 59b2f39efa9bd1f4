using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Postgres.Store;

/// <summary>Publishes days from their hours' sketches, after those: a day written with one of its hours would miss the others'.</summary>
internal sealed class DayPublishing(string pipeline, string publishSchema)
    : BucketPublishing<Day, DateOnly>(pipeline, publishSchema, "day", RowTable.Daily)
{
    // Somebody else has counted hours of the day of which nothing was ever seen here (an earlier batch job, until the day of the
    // takeover is filled): the day's sum would miss them. An hour's sketch and its row are committed together, so ours are never among them.
    private readonly string unseen =
        $"""
        SELECT v.day, v.label FROM unnest(@buckets, @platforms) AS v(day, label)
        WHERE EXISTS (
          SELECT FROM {SqlIdentifier.Quote(publishSchema)}.ops_metrics_hourly t
          WHERE t.platform = v.label AND t.bucket_start >= v.day::timestamp AT TIME ZONE 'UTC' AND t.bucket_start < (v.day + 1)::timestamp AT TIME ZONE 'UTC'
            AND NOT EXISTS (
              SELECT FROM streamagg.hour_sketch s WHERE s.pipeline = @pipeline AND s.bucket_start = t.bucket_start AND s.platform = v.label))
        """;

    // A day with a dirty hour waits: it would be no recount of a prefix of the log.
    protected override string Dirty =>
        """
        SELECT y.bucket_date, y.platform, y.mark FROM streamagg.dirty_day y
        WHERE y.pipeline = @pipeline AND (y.bucket_date + 1)::timestamp AT TIME ZONE 'UTC' <= @watermark AND y.bucket_date >= @from AND y.bucket_date < @to
          AND NOT EXISTS (
            SELECT FROM streamagg.dirty_hour k
            WHERE k.pipeline = @pipeline AND k.platform = y.platform AND k.bucket_start >= y.bucket_date::timestamp AT TIME ZONE 'UTC'
              AND k.bucket_start < (y.bucket_date + 1)::timestamp AT TIME ZONE 'UTC')
        ORDER BY y.bucket_date, y.platform LIMIT @limit
        """;

    protected override IReadOnlyList<string> Inputs { get; } =
    [
        $"""
        SELECT v.day, s.platform, s.bucket_start, s.input_rev, {SketchColumns.Names} FROM streamagg.hour_sketch s
        JOIN unnest(@buckets, @platforms) AS v(day, label) ON s.pipeline = @pipeline AND s.platform = v.label
          AND s.bucket_start >= v.day::timestamp AT TIME ZONE 'UTC' AND s.bucket_start < (v.day + 1)::timestamp AT TIME ZONE 'UTC'
        ORDER BY s.bucket_start
        """,
    ];

    protected override (DateOnly From, DateOnly To) Always => (DateOnly.MinValue, DateOnly.MaxValue);

    protected override DateOnly ToColumn(Day bucket) => bucket.ToDate();

    protected override Day ReadBucket(NpgsqlDataReader row) => Timestamps.ReadDay(row, 0);

    protected override BucketInput ReadInput(NpgsqlDataReader row)
    {
        var (totals, centroids) = SketchColumns.Read(row, 4);
        return new HourSketch(Timestamps.ReadHour(row, 2), row.GetString(1), row.GetInt64(3), totals, centroids);
    }

    /// <summary>The days that stay as they are until their hours are seen: an hour that gets its first sketch marks its day again.</summary>
    protected override async Task<HashSet<BucketKey<Day>>> ReadHeldAsync(StoreTransaction transaction, Publication<Day>[] rows)
    {
        var days = new HashSet<BucketKey<Day>>();
        await transaction.QueryAsync(unseen, p => Bind(p, Keys(rows)), row => days.Add(KeyOf(row)));
        return days;
    }
}
