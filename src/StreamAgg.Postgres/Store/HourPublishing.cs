using Npgsql;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Publishes hours from their bases and partials, and marks their days.</summary>
internal sealed class HourPublishing(string pipeline, string publishSchema, IReadOnlyList<Rollup> rollups)
    : BucketPublishing<Hour, DateTime>(pipeline, publishSchema, rollups, "hour", isDaily: false)
{
    private const string MarkDays =
        """
        INSERT INTO streamagg.dirty_day (pipeline, rollup, bucket_date, label, mark)
        SELECT @pipeline, v.rollup, v.bucket_date, v.label, nextval('streamagg.mark_seq')
        FROM unnest(@rollups, @days, @labels) AS v(rollup, bucket_date, label)
        ORDER BY v.rollup COLLATE "C", v.bucket_date, v.label COLLATE "C"
        ON CONFLICT (pipeline, rollup, bucket_date, label) DO UPDATE SET mark = EXCLUDED.mark
        """;

    protected override string Dirty =>
        """
        SELECT k.rollup, k.bucket_start, k.label, k.mark FROM streamagg.dirty_hour k
        JOIN unnest(@rollups, @complete) AS r(name, complete) ON r.name = k.rollup AND k.bucket_start >= r.complete
        WHERE k.pipeline = @pipeline AND k.bucket_start <= @watermark - interval '1 hour' AND k.bucket_start >= @from AND k.bucket_start < @to
        ORDER BY k.bucket_start, k.rollup, k.label LIMIT @limit
        """;

    // All partials of the hour, whether the metadata still name their partition or not: they were counted.
    protected override IReadOnlyList<string> Inputs { get; } =
    [
        $"""
        SELECT b.rollup, b.bucket_start, b.label, b.rev, {TotalsColumns.Names}, {DigestColumns.Names} FROM streamagg.hour_base b
        JOIN unnest(@rollups, @buckets, @labels) AS v(rollup, hour, label)
          ON b.pipeline = @pipeline AND b.rollup = v.rollup AND b.bucket_start = v.hour AND b.label = v.label
        """,
        $"""
        SELECT t.rollup, t.bucket_start, t.label, t.rev, {TotalsColumns.Names}, {DigestColumns.Names} FROM streamagg.partial t
        JOIN unnest(@rollups, @buckets, @labels) AS v(rollup, hour, label)
          ON t.pipeline = @pipeline AND t.rollup = v.rollup AND t.bucket_start = v.hour AND t.label = v.label
        ORDER BY t.topic, t.partition
        """,
    ];

    protected override (DateTime From, DateTime To) Always { get; } =
        (DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc), DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc));

    protected override DateTime ToColumn(Hour bucket) => Timestamps.ToColumn(bucket);

    protected override Hour ReadBucket(NpgsqlDataReader row, int ordinal) => Timestamps.ReadHour(row, ordinal);

    protected override BucketInput ReadInput(NpgsqlDataReader row) => new RevisedRow(
        new PartialRow(
            ReadBucket(row, 1), row.GetString(2), TotalsColumns.Read(row, 4), DigestColumns.Read(row, 4 + TotalsColumns.Count), row.GetString(0)),
        row.GetInt64(3));

    protected override Task WroteAsync(StoreTransaction transaction, Publication<Hour>[] rows)
    {
        BucketKey<Day>[] days = [.. rows.Select(row => new BucketKey<Day>(row.Key.Bucket.Day, row.Key.Label, row.Key.Rollup)).Distinct()];
        return transaction.ExecuteAsync(MarkDays, p => p
            .With("pipeline", Pipeline)
            .With("days", Array.ConvertAll(days, day => day.Bucket.ToDate()))
            .With("rollups", Array.ConvertAll(days, day => day.Rollup))
            .With("labels", Array.ConvertAll(days, day => day.Label)));
    }
}
