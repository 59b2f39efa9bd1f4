using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Postgres.Queries;

/// <summary>Every hour or day up to now: closed hours as they were published, open ones as they are counted so far. Safe from any thread.</summary>
/// <param name="database">Not disposed here.</param>
internal sealed class LiveQueries(NpgsqlDataSource database, string pipeline, string publishSchema)
{
    /// <summary>Rows of more hours than this come without digests: a view of 400 platforms and a day has fewer, and takes some 60 MB.</summary>
    private const int MostDigests = 10_000;

    /// <summary>Where more hours are open the rest are not shown: reading is far behind then, and the oldest ones are the next to close.</summary>
    private const int MostOpen = 2000;

    private readonly HourPublishing open = new(pipeline, publishSchema);

    private readonly string hours =
        $"""
        SELECT t.*, {Measures.All.Each(measure => $"t.{measure.Column}")},
          COALESCE(s.duration_count, 0), COALESCE(s.duration_sum_micros, 0), s.duration_min_micros, s.duration_max_micros
        FROM (SELECT bucket_start, platform, {RowPages.Columns} FROM {RowPages.Within(SqlIdentifier.Quote(publishSchema), RowTable.Hourly)}) t
        LEFT JOIN streamagg.hour_sketch s
          ON s.pipeline = @pipeline AND s.bucket_start = t.bucket_start AND s.platform = t.platform AND NOT s.row_kept
        """;

    private static readonly string ByDays =
        $"SELECT bucket_start, platform, {SketchColumns.DigestNames} FROM streamagg.sketches(@from, @to, @platforms, @pipeline) WHERE means IS NOT NULL";

    private static readonly string ByHours =
        $"""
        SELECT bucket_start, platform, {SketchColumns.DigestNames} FROM streamagg.hour_sketch
        WHERE pipeline = @pipeline AND bucket_start >= @from AND bucket_start < @to AND (@platforms IS NULL OR platform = ANY (@platforms))
          AND NOT row_kept AND means IS NOT NULL
        """;

    public Task<LiveRange> ReadAsync(LiveQuestion question, Instant now, CancellationToken cancellation)
    {
        var whole = question with { From = Hour.FirstFrom(question.From).Start, To = Hour.FirstFrom(question.To).Start };
        return MergingThread.RunAsync(
            () => StoreTransaction.ReadWhileWantedAsync(database, transaction => ReadAsync(transaction, whole, now), cancellation), cancellation);
    }

    private async Task<LiveRange> ReadAsync(StoreTransaction transaction, LiveQuestion question, Instant now)
    {
        var buckets = new LiveBuckets(question, now);
        await transaction.QueryAsync(hours, Bind, row => buckets.AddPublished(RowPages.Read(row), TotalsColumns.Read(row, Figures.All.Count + 2)));
        bool isByDays = TimeZoneInfo.Utc.Equals(question.Days);
        if (buckets.HoursRead <= MostDigests || isByDays)
        {
            await transaction.QueryAsync(isByDays ? ByDays : ByHours, Bind, row => buckets.AddDigest(
                Timestamps.ReadInstant(row, 0), row.GetString(1), SketchColumns.ReadDigest(row, 2)!));
        }

        var unpublished = await open.ReadAsync(
            transaction, question.To + TimeSpan.FromHours(1), question.From.Hour, question.To.Hour, MostOpen);
        foreach (var bucket in unpublished.Buckets.Where(bucket => question.Platforms.Count == 0 || question.Platforms.Contains(bucket.Key.Platform)))
            buckets.AddOpen(bucket);
        return buckets.ToRange();

        void Bind(NpgsqlParameterCollection p) => RowPages.BindRange(
            p, RowTable.Hourly, question.Platforms.Count > 0 ? question.Platforms : null, question.From, question.To).With("pipeline", pipeline);
    }
}
