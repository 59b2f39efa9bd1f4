using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Publishes hours from their bases and partials, and marks their days.</summary>
internal sealed class HourPublishing(string pipeline, string publishSchema)
    : BucketPublishing<Hour, DateTime>(pipeline, publishSchema, "hour", RowTable.Hourly)
{
    private const string MarkDays =
        """
        INSERT INTO streamagg.dirty_day (pipeline, bucket_date, platform, mark)
        SELECT @pipeline, v.bucket_date, v.platform, nextval('streamagg.mark_seq')
        FROM unnest(@days, @platforms) AS v(bucket_date, platform)
        ORDER BY v.bucket_date, v.platform COLLATE "C"
        ON CONFLICT (pipeline, bucket_date, platform) DO UPDATE SET mark = EXCLUDED.mark
        """;

    protected override string Dirty =>
        """
        SELECT bucket_start, platform, mark FROM streamagg.dirty_hour
        WHERE pipeline = @pipeline AND bucket_start <= @watermark - interval '1 hour' AND bucket_start >= @from AND bucket_start < @to
        ORDER BY bucket_start, platform LIMIT @limit
        """;

    // All partials of the hour, whether the metadata still name their partition or not: they were counted.
    protected override IReadOnlyList<string> Inputs { get; } =
    [
        $"""
        SELECT b.bucket_start, b.platform, b.rev, b.digest, {TotalsColumns.Names} FROM streamagg.hour_base b
        JOIN unnest(@buckets, @platforms) AS v(hour, label) ON b.pipeline = @pipeline AND b.bucket_start = v.hour AND b.platform = v.label
        """,
        $"""
        SELECT t.bucket_start, t.platform, t.rev, t.digest, {TotalsColumns.Names} FROM streamagg.partial t
        JOIN unnest(@buckets, @platforms) AS v(hour, label) ON t.pipeline = @pipeline AND t.bucket_start = v.hour AND t.platform = v.label
        ORDER BY t.topic, t.partition
        """,
    ];

    protected override (DateTime From, DateTime To) Always { get; } =
        (DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc), DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc));

    protected override DateTime ToColumn(Hour bucket) => Timestamps.ToColumn(bucket);

    protected override Hour ReadBucket(NpgsqlDataReader row) => Timestamps.ReadHour(row, 0);

    protected override BucketInput ReadInput(NpgsqlDataReader row) => new RevisedRow(
        new PartialRow(ReadBucket(row), row.GetString(1), TotalsColumns.Read(row, 4), row.GetFieldValue<byte[]>(3)), row.GetInt64(2));

    protected override Task WroteAsync(StoreTransaction transaction, Publication<Hour>[] rows)
    {
        BucketKey<Day>[] days = [.. rows.Select(row => new BucketKey<Day>(row.Key.Bucket.Day, row.Key.Platform)).Distinct()];
        return transaction.ExecuteAsync(MarkDays, p => p
            .With("pipeline", Pipeline)
            .With("days", Array.ConvertAll(days, day => day.Bucket.ToDate()))
            .With("platforms", Array.ConvertAll(days, day => day.Platform)));
    }
}
