using System.Buffers.Binary;
using System.Data;
using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rows;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Raw;

/// <summary>
/// Reads the gateway's own tables, each range in one read-only transaction, on connections of its own: no statement here has a time-out. One
/// call at a time.
/// </summary>
/// <remarks>
/// Throws <see cref="StoreUnavailableException"/> where another try may succeed, and <see cref="RawSourceException"/> where a person must act.
/// </remarks>
public sealed class RawReader : IAsyncDisposable
{
    /// <summary>Rows between two questions whether to go on.</summary>
    private const int AskEvery = 1024;

    /// <summary>PostgreSQL counts microseconds from 2000.</summary>
    private static readonly long PostgresEpochMicros =
        (new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private readonly NpgsqlDataSource database;
    private readonly RowDecoder decoder;
    private readonly byte[] digits = new byte[20];
    private readonly RawSchema schema;

    private RawReader(NpgsqlDataSource database, EventOptions events, RawSchema schema) =>
        (this.database, decoder, this.schema) = (database, new RowDecoder(events), schema);

    /// <summary>What a person should know before it begins: columns that are not there, an index that is missing.</summary>
    public IReadOnlyList<string> Notes => schema.Notes;

    /// <summary>Rollups that these tables can't tell of.</summary>
    public IReadOnlyList<string> LeftOut => schema.LeftOut;

    /// <summary>When each table begins, by its name; null: it has no row that can be counted.</summary>
    public required IReadOnlyDictionary<string, Instant?> Beginnings { get; init; }

    /// <summary>Rows that lie in no hour, whatever is asked for.</summary>
    public required RawTally Outside { get; init; }

    /// <param name="postgres">Whose server it is where the raw tables have none of their own.</param>
    /// <param name="options">Where the tables are.</param>
    /// <param name="events">What numbers and labels mean.</param>
    /// <param name="filter">Which rows count.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<RawReader> OpenAsync(
        PostgresOptions postgres, RawOptions options, EventOptions events, RawFilter filter, CancellationToken cancellation)
    {
        NpgsqlDataSource source = PostgresDataSource.CreateRaw(postgres, options.ConnectionString);
        try
        {
            return await RawFaults.GuardAsync(async () =>
            {
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellation);
                await using NpgsqlTransaction transaction = await BeginAsync(connection, cancellation);
                RawSchema found = await RawSchema.ReadAsync(connection, options, events, filter, cancellation);
                var beginnings = new Dictionary<string, Instant?>();
                var outside = new RawTally();
                foreach (RawTable table in found.Tables)
                {
                    await using (NpgsqlDataReader row = await QueryAsync(connection, table.First, cancellation))
                        beginnings[table.Name] = row.IsDBNull(0) ? null : Instant.FromUtc(row.GetFieldValue<DateTime>(0));
                    await using NpgsqlDataReader counts = await QueryAsync(connection, table.Outside, cancellation);
                    CountOutside(outside, table.Name, counts);
                }
                return new RawReader(source, events, found) { Beginnings = beginnings, Outside = outside };
            });
        }
        catch (Exception fault)
        {
            await source.DisposeAsync();
            if (fault is StoreUnavailableException)
                throw new RawSourceException($"{fault.Message}. Start that server, or correct StreamAgg:Raw:ConnectionString (without one: "
                    + "StreamAgg:Postgres:ConnectionString).", inner: fault);
            throw;
        }
    }

    /// <summary>About how many rows the hours hold: the planner's guess.</summary>
    public Task<long> EstimateAsync(Hour from, Hour to, CancellationToken cancellation) => RawFaults.GuardAsync(async () =>
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellation);
        long rows = 0;
        foreach (RawTable table in schema.Tables)
        {
            await using NpgsqlDataReader plan = await QueryAsync(connection, table.Explain(from, to), cancellation);
            rows += RawTable.EstimateOf(plan.GetString(0));
        }
        return rows;
    });

    /// <summary>Reads every row of the hours, as they stood in one instant.</summary>
    /// <param name="from">The first hour.</param>
    /// <param name="to">Up to it.</param>
    /// <param name="sink">Takes what is accepted.</param>
    /// <param name="goesOn">Asked now and then with the number of rows so far.</param>
    /// <param name="cancellation">Ends it between two rows.</param>
    /// <returns>What became of them; null where it was not to go on.</returns>
    public Task<RawTally?> ReadAsync(Hour from, Hour to, IEventSink sink, Func<long, bool> goesOn, CancellationToken cancellation) =>
        // The rows come in by blocking calls, each of them short: a thread of its own waits for them.
        RawFaults.GuardAsync(() => Task.Factory.StartNew(
            () => Read(from, to, sink, goesOn, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default));

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private RawTally? Read(Hour from, Hour to, IEventSink sink, Func<long, bool> goesOn, CancellationToken cancellation)
    {
        using NpgsqlConnection connection = database.OpenConnection();
        using NpgsqlTransaction transaction = BeginAsync(connection, cancellation).GetAwaiter().GetResult();
        var tally = new RawTally();
        foreach (RawTable table in schema.Tables)
        {
            using NpgsqlRawCopyStream copy = connection.BeginRawBinaryCopy(table.Copy(from, to));
            if (!ReadTable(table, new CopyRows(copy), sink, tally, goesOn, cancellation))
            {
                copy.Cancel();
                return null;
            }
        }
        return tally;
    }

    private bool ReadTable(RawTable table, CopyRows rows, IEventSink sink, RawTally tally, Func<long, bool> goesOn, CancellationToken cancellation)
    {
        DecodedEvent judged = default;
        while (rows.NextRow())
        {
            ReadRow(table, rows);
            tally.Rows++;
            if (decoder.TryDecode(ref judged))
            {
                tally.LeftOut += decoder.LeftOut;
                sink.Count(judged, decoder.Labels(judged));
            }
            else
            {
                tally.Refuse(decoder.Reason, decoder.Explain);
            }
            if (tally.Rows % AskEvery == 0 && (cancellation.IsCancellationRequested || !goesOn(tally.Rows)))
                return false;
        }
        return true;
    }

    private void ReadRow(RawTable table, CopyRows rows)
    {
        decoder.Begin(table.Kind, rows.NextField(out ReadOnlySpan<byte> time) ? ToInstant(BinaryPrimitives.ReadInt64BigEndian(time)) : null);
        bool isLabelled = false;
        foreach (RawColumn column in table.Columns)
        {
            if (!rows.NextField(out ReadOnlySpan<byte> value))
                continue;
            if (column.IsInteger)
                value = RawColumn.TextOf(value, digits);
            if (!column.IsId)
                decoder.Set(column.Field, value);
            else if (!isLabelled && (isLabelled = schema.Labels[column.Field].TryGet(value, out ReadOnlySpan<byte> label)))
                decoder.Set(column.Field, label);
        }
    }

    /// <summary>Infinity is the largest number there is, and saturates.</summary>
    private static Instant ToInstant(long postgresMicros)
    {
        Int128 ticks = ((Int128)postgresMicros + PostgresEpochMicros) * TimeSpan.TicksPerMicrosecond;
        return ticks > long.MaxValue ? Instant.MaxValue : ticks < long.MinValue ? Instant.MinValue : new Instant((long)ticks);
    }

    private static void CountOutside(RawTally outside, string table, NpgsqlDataReader counts)
    {
        foreach (var (place, reason, example) in ((int, string, string)[])
            [
                (0, RefusalReason.BadFieldPrefix + RawColumns.Time, "is null: a raw row has no other time"),
                (1, RefusalReason.TooOld, "is before 2000-01-01T00:00:00Z"),
                (2, RefusalReason.InFuture, "is after the year 9999, or infinity"),
            ])
        {
            if (counts.GetInt64(place) is > 0 and var count)
            {
                outside.Rows += count;
                outside.Refuse(reason, () => $"{table}.{RawColumns.Time} {example}", count);
            }
        }
    }

    /// <summary>
    /// Read-only, so that nothing which is given as a condition writes anything; settings of the role that would end a long read, or shorten a
    /// number, are not these statements'.
    /// </summary>
    private static async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await using var settings = new NpgsqlCommand(
            "SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = 0; SET LOCAL extra_float_digits = 1; SET LOCAL tcp_keepalives_idle = 10; "
                + "SET LOCAL tcp_keepalives_interval = 5; SET LOCAL tcp_keepalives_count = 3",
            connection);
        await settings.ExecuteNonQueryAsync(cancellation);
        return transaction;
    }

    private static async Task<NpgsqlDataReader> QueryAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return reader;
    }
}
