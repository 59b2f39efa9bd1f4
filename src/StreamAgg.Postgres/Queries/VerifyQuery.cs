using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Postgres.Queries;

/// <summary>Everything that a recount is held against, as it stood in one instant.</summary>
public sealed record VerifySnapshot
{
    /// <summary>Up to where each partition was counted.</summary>
    public required IReadOnlyList<CountedPartition> Partitions { get; init; }

    public required IReadOnlyList<ReplayedEvent> Replayed { get; init; }

    /// <summary>
    /// Hours that end by then are closed: the smallest watermark, and without a partition the end of what was filled; null: none is.
    /// </summary>
    public required Instant? Closed { get; init; }

    /// <summary>The first hour that anything was counted in; null: none was.</summary>
    public required Hour? First { get; init; }

    public required IReadOnlyList<PublishedRow> Hourly { get; init; }

    public required IReadOnlyList<PublishedRow> Daily { get; init; }

    /// <summary>What else is published, by platform and by what is configured.</summary>
    public required IReadOnlyList<PublishedRows> Others { get; init; }

    /// <summary>Hours that changed and were not published yet: their rows are in motion.</summary>
    public required IReadOnlySet<BucketKey<Hour>> DirtyHours { get; init; }

    public required IReadOnlySet<BucketKey<Day>> DirtyDays { get; init; }

    /// <summary>Hours whose rows are somebody else's, which count more.</summary>
    public required IReadOnlySet<BucketKey<Hour>> KeptHours { get; init; }

    public required IReadOnlySet<BucketKey<Day>> KeptDays { get; init; }
}

/// <summary>The rows of a table.</summary>
/// <param name="Rollup">The place of its rollup.</param>
/// <param name="From">Of hours before nothing is to be judged: nobody knows all of their events.</param>
public sealed record PublishedRows(RowTable Table, int Rollup, Instant From, IReadOnlyList<PublishedRow> Rows);

/// <summary>Reads a <see cref="VerifySnapshot"/>. Safe from any thread.</summary>
public sealed class VerifyQuery(NpgsqlDataSource database, string pipeline, string publishSchema, IReadOnlyList<Rollup> rollups)
{
    /// <param name="from">Rows of hours and days that start at or after it; null: no bound.</param>
    /// <param name="to">Rows of hours and days that start before it; null: no bound.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">The database can't be reached.</exception>
    public Task<VerifySnapshot> ReadAsync(Instant? from, Instant? to, CancellationToken cancellation) =>
        StoreTransaction.ReadCurrentAsync(database, async transaction =>
        {
            IReadOnlyList<CountedPartition> partitions = await new HourSwapping(pipeline, publishSchema, CompleteRollups.Default)
                .ReadPositionsAsync(transaction, isLocking: false);
            Hour? first = null, last = null;
            await transaction.QueryAsync(
                """
                SELECT min(bucket_start) FROM (
                  SELECT min(bucket_start) AS bucket_start FROM streamagg.hour_base WHERE pipeline = @pipeline AND rollup = 'platform'
                  UNION ALL SELECT min(bucket_start) FROM streamagg.partial WHERE pipeline = @pipeline AND rollup = 'platform') h
                """,
                p => p.With("pipeline", pipeline), row => first = row.IsDBNull(0) ? null : Timestamps.ReadHour(row, 0));
            await transaction.QueryAsync(
                "SELECT max(bucket_start) FROM streamagg.hour_sketch WHERE pipeline = @pipeline AND rollup = 'platform'",
                p => p.With("pipeline", pipeline), row => last = row.IsDBNull(0) ? null : Timestamps.ReadHour(row, 0));
            return new VerifySnapshot
            {
                Partitions = partitions,
                Replayed = await new ReplayStatements(pipeline, CompleteRollups.Default).ReadAsync(transaction),
                Closed = partitions.Count == 0 ? last?.End : partitions.Any(p => p.Watermark is null) ? null : partitions.Min(p => p.Watermark),
                First = first,
                Hourly = await RowsAsync(transaction, RowTable.Hourly, from, to),
                Daily = await RowsAsync(transaction, RowTable.Daily, from, to),
                Others = await OthersAsync(transaction, [.. partitions.Select(partition => partition.Source)], from, to),
                DirtyHours = await HoursAsync(transaction, "dirty_hour", "true"),
                DirtyDays = await DaysAsync(transaction, "dirty_day", "true"),
                KeptHours = await HoursAsync(transaction, "hour_sketch", "row_kept"),
                KeptDays = await DaysAsync(transaction, "day_sketch", "row_kept"),
            };
        }, cancellation);

    private async Task<IReadOnlyList<PublishedRows>> OthersAsync(
        StoreTransaction transaction, IReadOnlyCollection<SourcePartition> partitions, Instant? from, Instant? to)
    {
        var others = new List<PublishedRows>();
        IReadOnlyList<CompleteRollup> complete = await CompleteRollups.ReadAsync(transaction, pipeline, rollups, partitions);
        for (int place = 0; place < rollups.Count; place++)
            if (complete.FirstOrDefault(rollup => rollup.Name == rollups[place].Name) is { } known)
                foreach (RowTable table in RowTable.Of(rollups[place], false).Concat(RowTable.Of(rollups[place], true))
                    .Except([RowTable.Hourly, RowTable.Daily]))
                    others.Add(new PublishedRows(table, place, known.From, await RowsAsync(transaction, table, from, to)));
        return others;
    }

    private async Task<IReadOnlyList<PublishedRow>> RowsAsync(StoreTransaction transaction, RowTable table, Instant? from, Instant? to)
    {
        var rows = new List<PublishedRow>();
        // By pages of the key: the time-out is a statement's.
        int before;
        do
        {
            before = rows.Count;
            PublishedRow? after = before == 0 ? null : rows[^1];
            await transaction.QueryAsync(RowPages.Sql(publishSchema, table),
                p => RowPages.Bind(p, table, new RowFilter(pipeline), from, to, RowPages.Page, after), row => rows.Add(RowPages.Read(table, row)));
        }
        while (rows.Count - before == RowPages.Page);
        return rows;
    }

    private async Task<IReadOnlySet<BucketKey<Hour>>> HoursAsync(StoreTransaction transaction, string table, string condition)
    {
        var keys = new HashSet<BucketKey<Hour>>();
        await transaction.QueryAsync(
            $"SELECT rollup, bucket_start, label FROM streamagg.{table} WHERE pipeline = @pipeline AND {condition}",
            p => p.With("pipeline", pipeline), row => keys.Add(HourKeys.Read(row)));
        return keys;
    }

    private async Task<IReadOnlySet<BucketKey<Day>>> DaysAsync(StoreTransaction transaction, string table, string condition)
    {
        var keys = new HashSet<BucketKey<Day>>();
        await transaction.QueryAsync(
            $"SELECT rollup, bucket_date, label FROM streamagg.{table} WHERE pipeline = @pipeline AND {condition}",
            p => p.With("pipeline", pipeline), row => keys.Add(new BucketKey<Day>(Timestamps.ReadDay(row, 1), row.GetString(2), row.GetString(0))));
        return keys;
    }
}
