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

    private readonly string schema = SqlIdentifier.Quote(publishSchema);

    /// <summary>Rows in order of hour and platform.</summary>
    /// <param name="platforms">Null: all of them. The empty label is one.</param>
    /// <param name="from">Hours that start at or after it; null: no bound.</param>
    /// <param name="to">Hours that start before it; null: no bound.</param>
    /// <param name="limit">At most so many: ask for one more than you show to know whether there are more.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<IReadOnlyList<HourlyRow>> HourlyAsync(
        IReadOnlyCollection<string>? platforms, Instant? from, Instant? to, int limit, CancellationToken cancellation) =>
        ReadAsync(
            $"""
            SELECT bucket_start, platform, {Figures} FROM {schema}.ops_metrics_hourly
            WHERE (@platforms::text[] IS NULL OR platform = ANY (@platforms)) AND (@from::timestamptz IS NULL OR bucket_start >= @from)
              AND (@to::timestamptz IS NULL OR bucket_start < @to)
            ORDER BY bucket_start, platform LIMIT @limit
            """,
            p => BindRange(p, platforms, from, to).With("limit", (long)limit),
            row => new HourlyRow(Timestamps.ReadInstant(row, 0), row.GetString(1), ReadFigures(row, 2)),
            cancellation);

    /// <summary>Rows in order of date and platform; parameters as for hours, dates being UTC.</summary>
    public Task<IReadOnlyList<DailyRow>> DailyAsync(
        IReadOnlyCollection<string>? platforms, DateOnly? from, DateOnly? to, int limit, CancellationToken cancellation) =>
        ReadAsync(
            $"""
            SELECT bucket_date, platform, {Figures} FROM {schema}.ops_metrics_daily
            WHERE (@platforms::text[] IS NULL OR platform = ANY (@platforms)) AND (@from::date IS NULL OR bucket_date >= @from)
              AND (@to::date IS NULL OR bucket_date < @to)
            ORDER BY bucket_date, platform LIMIT @limit
            """,
            p => p.WithOptional("platforms", platforms?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)
                .WithOptional("from", from, NpgsqlDbType.Date).WithOptional("to", to, NpgsqlDbType.Date).With("limit", (long)limit),
            row => new DailyRow(row.GetFieldValue<DateOnly>(0), row.GetString(1), ReadFigures(row, 2)),
            cancellation);

    /// <summary>The pipeline's state.</summary>
    /// <param name="named">The partitions that the topics' metadata name: one without a row holds every hour open. Null where Kafka
    /// can't be asked: the partitions that have rows.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<StoreStatus> StatusAsync(IReadOnlyCollection<SourcePartition>? named, CancellationToken cancellation) =>
        StoreTransaction.ReadAsync(database, transaction => StatusQueries.ReadAsync(transaction, pipeline, named), cancellation);

    /// <summary>
    /// The quantile of all durations in the published hours of a range, from their stored digests. Hours still open are not in it:
    /// what it says agrees with the rows.
    /// </summary>
    /// <param name="q">0 to 1.</param>
    /// <param name="platforms">Null: all of them.</param>
    /// <param name="from">Hours that start at or after it; null: no bound.</param>
    /// <param name="to">Hours that start before it; null: no bound.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<QuantileAnswer> QuantileAsync(
        double q, IReadOnlyCollection<string>? platforms, Instant? from, Instant? to, CancellationToken cancellation) =>
        StoreTransaction.ReadAsync(
            database, transaction => QuantileQuery.ReadAsync(transaction, q, p => BindRange(p, platforms, from, to).With("pipeline", pipeline), from, to), cancellation);

    private static NpgsqlParameterCollection BindRange(NpgsqlParameterCollection p, IReadOnlyCollection<string>? platforms, Instant? from, Instant? to) =>
        p.WithOptional("platforms", platforms?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)
            .WithOptional("from", from is { } first ? Timestamps.ToColumn(first) : (DateTime?)null, NpgsqlDbType.TimestampTz)
            .WithOptional("to", to is { } last ? Timestamps.ToColumn(last) : (DateTime?)null, NpgsqlDbType.TimestampTz);

    private static RowFigures ReadFigures(NpgsqlDataReader row, int at) => new(
        row.GetInt64(at), row.GetInt64(at + 1), row.GetInt64(at + 2), row.GetInt64(at + 3), row.GetInt64(at + 4), row.GetInt64(at + 5),
        row.IsDBNull(at + 6) ? null : row.GetDouble(at + 6),
        row.IsDBNull(at + 7) ? null : row.GetDouble(at + 7),
        row.GetDouble(at + 8),
        Timestamps.ReadInstant(row, at + 9));

    private Task<IReadOnlyList<T>> ReadAsync<T>(
        string sql, Action<NpgsqlParameterCollection> bind, Func<NpgsqlDataReader, T> read, CancellationToken cancellation) =>
        StoreTransaction.ReadAsync<IReadOnlyList<T>>(database, async transaction =>
        {
            var rows = new List<T>();
            await transaction.QueryAsync(sql, bind, row => rows.Add(read(row)));
            return rows;
        }, cancellation);
}
