using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Publishes days from their hours' sketches, after those: a day written with one of its hours would miss the others'.</summary>
internal sealed class DayPublishing(string pipeline, string publishSchema, IReadOnlyList<Rollup> rollups)
    : BucketPublishing<Day, DateOnly>(pipeline, publishSchema, rollups, "day", isDaily: true)
{
    // Somebody else has counted hours of the day of which nothing was ever seen here (an earlier batch job, until the day of the
    // takeover is filled): the day's sum would miss them. An hour's sketch and its row are committed together, so ours are never among them.
    private readonly Dictionary<string, string> unseen = rollups.ToDictionary(rollup => rollup.Name, rollup =>
    {
        var key = new TableKey(RowTable.Of(rollup, isDaily: false)[0], publishSchema);
        return
            $"""
            SELECT '{rollup.Name}', v.day, v.label FROM unnest(@buckets, @labels) AS v(day, label) CROSS JOIN generate_series(0, 23) AS hour
            JOIN {key.Table} t ON {key.Matches("v.day::timestamp AT TIME ZONE 'UTC' + hour * interval '1 hour'", "v.label")}
            WHERE NOT EXISTS (
              SELECT FROM streamagg.hour_sketch s
              WHERE s.pipeline = @pipeline AND s.rollup = '{rollup.Name}' AND s.bucket_start = t.bucket_start AND s.label = v.label)
            """;
    });

    // A day with a dirty hour waits: it would be no recount of a prefix of the log.
    protected override string Dirty =>
        """
        SELECT y.rollup, y.bucket_date, y.label, y.mark FROM streamagg.dirty_day y
        JOIN unnest(@rollups, @complete) AS r(name, complete) ON r.name = y.rollup AND y.bucket_date::timestamp AT TIME ZONE 'UTC' >= r.complete
        WHERE y.pipeline = @pipeline AND (y.bucket_date + 1)::timestamp AT TIME ZONE 'UTC' <= @watermark AND y.bucket_date >= @from AND y.bucket_date < @to
          AND NOT EXISTS (
            SELECT FROM streamagg.dirty_hour k
            WHERE k.pipeline = @pipeline AND k.rollup = y.rollup AND k.label = y.label AND k.bucket_start >= y.bucket_date::timestamp AT TIME ZONE 'UTC'
              AND k.bucket_start < (y.bucket_date + 1)::timestamp AT TIME ZONE 'UTC')
        ORDER BY y.bucket_date, y.rollup, y.label LIMIT @limit
        """;

    protected override IReadOnlyList<string> Inputs { get; } =
    [
        $"""
        SELECT s.rollup, v.day, s.label, s.bucket_start, s.input_rev, {SketchColumns.Names} FROM streamagg.hour_sketch s
        JOIN unnest(@rollups, @buckets, @labels) AS v(rollup, day, label) ON s.pipeline = @pipeline AND s.rollup = v.rollup AND s.label = v.label
          AND s.bucket_start >= v.day::timestamp AT TIME ZONE 'UTC' AND s.bucket_start < (v.day + 1)::timestamp AT TIME ZONE 'UTC'
        ORDER BY s.bucket_start
        """,
    ];

    protected override (DateOnly From, DateOnly To) Always => (DateOnly.MinValue, DateOnly.MaxValue);

    protected override DateOnly ToColumn(Day bucket) => bucket.ToDate();

    protected override Day ReadBucket(NpgsqlDataReader row, int ordinal) => Timestamps.ReadDay(row, ordinal);

    protected override BucketInput ReadInput(NpgsqlDataReader row)
    {
        var (totals, centroids) = SketchColumns.Read(row, 5);
        return new HourSketch(Timestamps.ReadHour(row, 3), row.GetString(2), row.GetInt64(4), totals, centroids);
    }

    /// <summary>The days that stay as they are until their hours are seen: an hour that gets its first sketch marks its day again.</summary>
    protected override async Task<HashSet<BucketKey<Day>>> ReadHeldAsync(StoreTransaction transaction, string rollup, Publication<Day>[] rows)
    {
        var days = new HashSet<BucketKey<Day>>();
        await transaction.QueryAsync(unseen[rollup], p => BindPublished(p, Keys(rows)), row => days.Add(KeyOf(row)));
        return days;
    }
}
