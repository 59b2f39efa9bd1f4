using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Queries;

/// <summary>What people and dashboards ask: rows, status, quantiles. Reads only, one snapshot a call. Safe from any thread.</summary>
/// <remarks>Every method throws <see cref="StoreUnavailableException"/> where the database can't be reached.</remarks>
/// <param name="database">Not disposed here.</param>
public sealed class AggregateQueries(NpgsqlDataSource database, string pipeline, string publishSchema)
{
    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    private readonly LiveQueries live = new(database, pipeline, publishSchema);

    /// <summary>Rows in order of bucket and platform, a page of them.</summary>
    /// <param name="platforms">Null: all of them. The empty label is one.</param>
    /// <param name="from">Buckets that start at or after it; null: no bound.</param>
    /// <param name="to">Buckets that start before it; null: no bound.</param>
    /// <param name="after">The last row of the page before; null: the first page.</param>
    /// <param name="where">Values of the table's dimensions; null: any.</param>
    public Task<IReadOnlyList<PublishedRow>> RowsAsync(
        RowTable table, IReadOnlyCollection<string>? platforms, Instant? from, Instant? to, int limit, CancellationToken cancellation,
        PublishedRow? after = null, IReadOnlyDictionary<string, IReadOnlyCollection<string>>? where = null) =>
        // From key to key: between two pages nothing is held open, neither a connection nor a snapshot, however slowly the rows are taken.
        ReadAsync(
            RowPages.Sql(publishSchema, table), p => RowPages.Bind(p, table, new RowFilter(pipeline, platforms, where), from, to, limit, after),
            row => RowPages.Read(table, row), cancellation);

    /// <summary>Rows of hours that start in the half-open range, the newest first.</summary>
    public Task<IReadOnlyList<PublishedRow>> LatestHourlyAsync(Instant from, Instant to, int limit, CancellationToken cancellation) =>
        ReadAsync(
            $"SELECT {RowPages.Columns(publishSchema, RowTable.Hourly)} FROM {Within(RowTable.Hourly)} "
                + "ORDER BY t.bucket_start DESC, t.platform DESC LIMIT @limit",
            p => RowPages.BindRange(p, RowTable.Hourly, new RowFilter(pipeline), from, to).With("limit", (long)limit),
            row => RowPages.Read(RowTable.Hourly, row), cancellation);

    /// <summary>Whether there are more rows than <paramref name="limit"/>; the rest as for <see cref="RowsAsync"/>.</summary>
    public async Task<bool> IsOverAsync(
        RowTable table, IReadOnlyCollection<string>? platforms, Instant? from, Instant? to, int limit, CancellationToken cancellation,
        IReadOnlyDictionary<string, IReadOnlyCollection<string>>? where = null) =>
        (await ReadAsync(
            $"SELECT EXISTS (SELECT FROM {Within(table)} OFFSET @limit)",
            p => RowPages.BindRange(p, table, new RowFilter(pipeline, platforms, where), from, to).With("limit", (long)limit),
            row => row.GetBoolean(0), cancellation))[0];

    /// <summary>The pipeline's state.</summary>
    /// <param name="named">The partitions that the topics' metadata name: one without a row holds every hour open. Null where Kafka
    /// can't be asked: the partitions that have rows.</param>
    public Task<StoreStatus> StatusAsync(IReadOnlyCollection<SourcePartition>? named, CancellationToken cancellation) =>
        StoreTransaction.ReadWhileWantedAsync(database, transaction => StatusQueries.ReadAsync(transaction, pipeline, named), cancellation);

    /// <summary>
    /// The quantile of all durations in the published hours of a range, from their stored digests. Hours still open are not in it:
    /// what it says agrees with the rows.
    /// </summary>
    /// <remarks>A digest is of a whole hour: a range that begins or ends within one is widened to it, and the answer tells the hours.</remarks>
    /// <param name="q">0 to 1.</param>
    /// <param name="platforms">Null: all of them.</param>
    /// <param name="from">Hours that end after it; null: no bound.</param>
    /// <param name="to">Hours that start before it; null: no bound.</param>
    /// <param name="rollup">Whose digests.</param>
    /// <param name="isWanted">Of its labels; null: all of them.</param>
    public Task<QuantileAnswer> QuantileAsync(
        double q, IReadOnlyCollection<string>? platforms, Instant? from, Instant? to, CancellationToken cancellation, string rollup = Rollup.Platform,
        Func<string, bool>? isWanted = null)
    {
        Instant? first = from?.Hour.Start, end = to is { } last ? (last - OneTick).Hour.End : null;
        return MergingThread.RunAsync(
            () => StoreTransaction.ReadWhileWantedAsync(
                database,
                transaction => QuantileQuery.ReadAsync(transaction, q, new QuantileQuery.Question(pipeline, rollup, platforms, first, end), isWanted),
                cancellation),
            cancellation);
    }

    /// <summary>Rows up to now: closed hours as they were published, open ones as they are counted so far, each with its latencies.</summary>
    /// <param name="now">When open rows are told to have been computed.</param>
    public Task<LiveRange> LiveAsync(LiveQuestion question, Instant now, CancellationToken cancellation) =>
        live.ReadAsync(question, now, cancellation);

    /// <summary>The keys of a rollup that come first in a range, of what is published.</summary>
    public Task<TopAnswer> TopAsync(TopQuestion question, CancellationToken cancellation) => MergingThread.RunAsync(
        () => StoreTransaction.ReadWhileWantedAsync(database, new TopQuery(pipeline, publishSchema, question).ReadAsync, cancellation), cancellation);

    private string Within(RowTable table) => RowPages.Within(publishSchema, table);

    private Task<IReadOnlyList<T>> ReadAsync<T>(
        string sql, Action<NpgsqlParameterCollection> bind, Func<NpgsqlDataReader, T> read, CancellationToken cancellation) =>
        StoreTransaction.ReadWhileWantedAsync<IReadOnlyList<T>>(database, async transaction =>
        {
            var rows = new List<T>();
            await transaction.QueryAsync(sql, bind, row => rows.Add(read(row)));
            return rows;
        }, cancellation);
}
