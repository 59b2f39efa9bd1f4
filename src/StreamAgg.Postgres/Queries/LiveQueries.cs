using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
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

    private readonly HourPublishing open = new(pipeline, publishSchema, CompleteRollups.Default);

    private readonly string hours =
        $"""
        SELECT t.*, {Measures.All.Each(measure => RowTable.Hourly.Has(measure.Column) ? $"t.{measure.Column}" : $"COALESCE(s.{measure.Column}, 0)")},
          {Spreads.All.Each(spread =>
            $"COALESCE(s.{spread.Name}_count, 0), COALESCE(s.{spread.Name}_sum_micros, 0), s.{spread.Name}_min_micros, s.{spread.Name}_max_micros")}
        FROM (SELECT {RowPages.Columns(publishSchema, RowTable.Hourly)} FROM {RowPages.Within(publishSchema, RowTable.Hourly)}) t
        LEFT JOIN streamagg.hour_sketch s
          ON s.pipeline = @pipeline AND s.rollup = 'platform' AND s.bucket_start = t.bucket_start AND s.label = t.label AND NOT s.row_kept
        """;

    private static readonly string ByDays =
        $"SELECT bucket_start, platform, {SketchColumns.DigestNames} FROM streamagg.sketches(@from, @to, @where0, @pipeline) WHERE means IS NOT NULL";

    private static readonly string ByHours =
        $"""
        SELECT bucket_start, label, {SketchColumns.DigestNames} FROM streamagg.hour_sketch
        WHERE pipeline = @pipeline AND rollup = 'platform' AND bucket_start >= @from AND bucket_start < @to
          AND (@where0 IS NULL OR label = ANY (@where0))
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
        await transaction.QueryAsync(hours, Bind, row => buckets.AddPublished(
            RowPages.Read(RowTable.Hourly, row), TotalsColumns.Read(row, RowTable.Hourly.Figures.Count + 2)));
        bool isByDays = TimeZoneInfo.Utc.Equals(question.Days);
        if (buckets.HoursRead <= MostDigests || isByDays)
        {
            await transaction.QueryAsync(isByDays ? ByDays : ByHours, Bind, row => buckets.AddDigest(
                Timestamps.ReadInstant(row, 0), row.GetString(1), SketchColumns.ReadDigest(row, 2)!));
        }

        var unpublished = await open.ReadAsync(
            transaction, [new CompleteRollup(Rollup.Platform, Instant.MinValue)], question.To + TimeSpan.FromHours(1),
            question.From.Hour, question.To.Hour, MostOpen);
        foreach (var bucket in unpublished.Buckets.Where(bucket => question.Platforms.Count == 0 || question.Platforms.Contains(bucket.Key.Label)))
            buckets.AddOpen(bucket);
        return buckets.ToRange();

        void Bind(NpgsqlParameterCollection p) => RowPages.BindRange(
            p, RowTable.Hourly, new RowFilter(pipeline, question.Platforms.Count > 0 ? question.Platforms : null), question.From, question.To);
    }
}
