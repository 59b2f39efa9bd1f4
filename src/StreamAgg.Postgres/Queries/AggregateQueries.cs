using Npgsql;
using NpgsqlTypes;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Postgres.Queries;

/// <summary>What people and dashboards ask: rows, status, quantiles. Reads only, one snapshot a call. Safe from any thread.</summary>
/// <remarks>Every method throws <see cref="StoreUnavailableException"/> where the database can't be reached.</remarks>
/// <param name="database">Not disposed here.</param>
/// <param name="pipeline">Whose state.</param>
/// <param name="publishSchema">Where its rows are.</param>
public sealed class AggregateQueries(NpgsqlDataSource database, string pipeline, string publishSchema)
{
    private const string Figures =
        "request_count, success_count, error_count, error_4xx_count, error_5xx_count, timeout_count, avg_latency_ms, p99_latency_ms, error_rate, computed_at";

    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    private readonly string schema = SqlIdentifier.Quote(publishSchema);

    private string Hours => $"{schema}.ops_metrics_hourly";

    private string Days => $"{schema}.ops_metrics_daily";

    /// <summary>Rows in order of hour and platform, a page of them.</summary>
    /// <param name="platforms">Null: all of them. The empty label is one.</param>
    /// <param name="from">Hours that start at or after it; null: no bound.</param>
    /// <param name="to">Hours that start before it; null: no bound.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellation">Ends the wait and the statement.</param>
    /// <param name="after">The last row of the page before; null: the first page.</param>
    public Task<IReadOnlyList<HourlyRow>> HourlyAsync(
        IReadOnlyCollection<string>? platforms, Instant? from, Instant? to, int limit, CancellationToken cancellation, HourlyRow? after = null) =>
        ReadAsync(
            $"SELECT bucket_start, platform, {Figures} FROM {Hours} {After("bucket_start", "timestamptz")} ORDER BY bucket_start, platform LIMIT @limit",
            p => BindPage(BindRange(p, platforms, from, to), Column(after?.BucketStart), NpgsqlDbType.TimestampTz, after?.Platform, limit),
            ReadHourly, cancellation);

    /// <summary>Rows of hours that start in the half-open range, the newest first.</summary>
    public Task<IReadOnlyList<HourlyRow>> LatestHourlyAsync(Instant from, Instant to, int limit, CancellationToken cancellation) =>
        ReadAsync(
            $"SELECT bucket_start, platform, {Figures} FROM {Hours} {Within("bucket_start", "timestamptz")} ORDER BY bucket_start DESC, platform DESC LIMIT @limit",
            p => BindRange(p, null, from, to).With("limit", (long)limit), ReadHourly, cancellation);

    /// <summary>Rows in order of date and platform; parameters as for hours, dates being UTC.</summary>
    public Task<IReadOnlyList<DailyRow>> DailyAsync(
        IReadOnlyCollection<string>? platforms, DateOnly? from, DateOnly? to, int limit, CancellationToken cancellation, DailyRow? after = null) =>
        ReadAsync(
            $"SELECT bucket_date, platform, {Figures} FROM {Days} {After("bucket_date", "date")} ORDER BY bucket_date, platform LIMIT @limit",
            p => BindPage(BindRange(p, platforms, from, to, NpgsqlDbType.Date), after?.BucketDate, NpgsqlDbType.Date, after?.Platform, limit),
            row => new DailyRow(row.GetFieldValue<DateOnly>(0), row.GetString(1), ReadFigures(row, 2)),
            cancellation);

    /// <summary>Whether there are more rows of hours than <paramref name="limit"/>; the rest as for <see cref="HourlyAsync"/>.</summary>
    public Task<bool> IsHourlyOverAsync(
        IReadOnlyCollection<string>? platforms, Instant? from, Instant? to, int limit, CancellationToken cancellation) =>
        ExistsAsync($"{Hours} {Within("bucket_start", "timestamptz")}", p => BindRange(p, platforms, from, to).With("limit", (long)limit), cancellation);

    /// <summary>As <see cref="IsHourlyOverAsync"/>, of days.</summary>
    public Task<bool> IsDailyOverAsync(
        IReadOnlyCollection<string>? platforms, DateOnly? from, DateOnly? to, int limit, CancellationToken cancellation) =>
        ExistsAsync($"{Days} {Within("bucket_date", "date")}", p => BindRange(p, platforms, from, to, NpgsqlDbType.Date).With("limit", (long)limit), cancellation);

    /// <summary>The pipeline's state.</summary>
    /// <param name="named">The partitions that the topics' metadata name: one without a row holds every hour open. Null where Kafka
    /// can't be asked: the partitions that have rows.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<StoreStatus> StatusAsync(IReadOnlyCollection<SourcePartition>? named, CancellationToken cancellation) =>
        StoreTransaction.ReadWhileWantedAsync(database, transaction => StatusQueries.ReadAsync(transaction, pipeline, named), cancellation);

    /// <summary>
    /// The quantile of all durations in the published hours of a range, from their stored digests. Hours still open are not in it:
    /// what it says agrees with the rows.
    /// </summary>
    /// <remarks>A digest is of a whole hour, so a range that begins or ends within one is widened to it, and the answer tells the hours that were read.</remarks>
    /// <param name="q">0 to 1.</param>
    /// <param name="platforms">Null: all of them.</param>
    /// <param name="from">Hours that end after it; null: no bound.</param>
    /// <param name="to">Hours that start before it; null: no bound.</param>
    /// <param name="cancellation">Ends the wait and the statement.</param>
    public Task<QuantileAnswer> QuantileAsync(
        double q, IReadOnlyCollection<string>? platforms, Instant? from, Instant? to, CancellationToken cancellation)
    {
        Instant? first = from?.Hour.Start, end = to is { } last ? (last - OneTick).Hour.End : null;
        return MergingThread.RunAsync(
            () => StoreTransaction.ReadWhileWantedAsync(
                database,
                transaction => QuantileQuery.ReadAsync(transaction, q, p => BindRange(p, platforms, first, end).With("pipeline", pipeline), first, end), cancellation),
            cancellation);
    }

    private static string Within(string bucket, string type) =>
        $"""
        WHERE (@platforms::text[] IS NULL OR platform = ANY (@platforms)) AND (@from::{type} IS NULL OR {bucket} >= @from)
          AND (@to::{type} IS NULL OR {bucket} < @to)
        """;

    // From key to key: between two pages nothing is held open, neither a connection nor a snapshot, however slowly the rows are taken.
    private static string After(string bucket, string type) =>
        $"{Within(bucket, type)} AND (@after::{type} IS NULL OR ({bucket}, platform) > (@after, @after_platform::text))";

    private static DateTime? Column(Instant? time) => time is { } instant ? Timestamps.ToColumn(instant) : null;

    private static NpgsqlParameterCollection BindRange(NpgsqlParameterCollection p, IReadOnlyCollection<string>? platforms, Instant? from, Instant? to) =>
        BindRange(p, platforms, Column(from), Column(to), NpgsqlDbType.TimestampTz);

    private static NpgsqlParameterCollection BindRange<T>(
        NpgsqlParameterCollection p, IReadOnlyCollection<string>? platforms, T? from, T? to, NpgsqlDbType type)
        where T : struct =>
        p.WithOptional("platforms", platforms?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text).WithOptional("from", from, type).WithOptional("to", to, type);

    private static NpgsqlParameterCollection BindPage<T>(NpgsqlParameterCollection p, T? after, NpgsqlDbType type, string? afterPlatform, int limit)
        where T : struct =>
        p.WithOptional("after", after, type).WithOptional("after_platform", afterPlatform, NpgsqlDbType.Text).With("limit", (long)limit);

    private static HourlyRow ReadHourly(NpgsqlDataReader row) => new(Timestamps.ReadInstant(row, 0), row.GetString(1), ReadFigures(row, 2));

    private static RowFigures ReadFigures(NpgsqlDataReader row, int at) => new(
        row.GetInt64(at), row.GetInt64(at + 1), row.GetInt64(at + 2), row.GetInt64(at + 3), row.GetInt64(at + 4), row.GetInt64(at + 5),
        row.IsDBNull(at + 6) ? null : row.GetDouble(at + 6),
        row.IsDBNull(at + 7) ? null : row.GetDouble(at + 7),
        row.GetDouble(at + 8),
        Timestamps.ReadInstant(row, at + 9));

    private Task<IReadOnlyList<T>> ReadAsync<T>(
        string sql, Action<NpgsqlParameterCollection> bind, Func<NpgsqlDataReader, T> read, CancellationToken cancellation) =>
        StoreTransaction.ReadWhileWantedAsync<IReadOnlyList<T>>(database, async transaction =>
        {
            var rows = new List<T>();
            await transaction.QueryAsync(sql, bind, row => rows.Add(read(row)));
            return rows;
        }, cancellation);

    /// <param name="rows">A table and its condition.</param>
    /// <param name="bind">Binds them, and the limit: whether there is a row past so many.</param>
    /// <param name="cancellation">Ends the wait and the statement.</param>
    private async Task<bool> ExistsAsync(string rows, Action<NpgsqlParameterCollection> bind, CancellationToken cancellation) =>
        (await ReadAsync($"SELECT EXISTS (SELECT FROM {rows} OFFSET @limit)", bind, row => row.GetBoolean(0), cancellation))[0];
}
