using NpgsqlTypes;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Writes changed partials: absolute values, a rev more for each.</summary>
internal sealed class PartialUpsert(string pipeline)
{
    /// <summary>
    /// Up to here arrays, above a COPY. Measured on PostgreSQL 15, 1.5 kB rows, all updates, median: 100 rows 3.0 against 5.5 ms, 1,000
    /// rows 40 against 33 ms, 5,000 rows 157 against 61 ms.
    /// </summary>
    private const int MaxArrayRows = 500;

    private const string Columns = $"pipeline, topic, partition, bucket_start, platform, rev, {TotalsColumns.Names}, digest";

    private const string OnConflict =
        $"""
        ON CONFLICT (pipeline, topic, partition, bucket_start, platform) DO UPDATE
          SET rev = t.rev + 1, {TotalsColumns.Replace}, digest = EXCLUDED.digest
        """;

    private const string FromArrays =
        $"""
        INSERT INTO streamagg.partial AS t ({Columns})
        SELECT @pipeline, v.topic, v.partition, v.bucket_start, v.platform, 1, {TotalsColumns.Names}, v.digest
        FROM unnest(@topics, @partitions, @hours, @platforms, @digests, {TotalsColumns.Arrays})
          AS v(topic, partition, bucket_start, platform, digest, {TotalsColumns.Names})
        {OnConflict}
        """;

    private const string CreateIncoming =
        $"""
        CREATE TEMPORARY TABLE streamagg_incoming ON COMMIT DROP AS
        SELECT topic, partition, bucket_start, platform, digest, {TotalsColumns.Names} FROM streamagg.partial WITH NO DATA
        """;

    private const string CopyIncoming =
        $"COPY pg_temp.streamagg_incoming (topic, partition, bucket_start, platform, digest, {TotalsColumns.Names}) FROM STDIN (FORMAT BINARY)";

    private const string FromIncoming =
        $"""
        INSERT INTO streamagg.partial AS t ({Columns})
        SELECT @pipeline, v.topic, v.partition, v.bucket_start, v.platform, 1, {TotalsColumns.Names}, v.digest FROM pg_temp.streamagg_incoming v
        {OnConflict}
        """;

    public Task RunAsync(StoreTransaction transaction, (SourcePartition Source, PartialRow Row)[] rows) => rows.Length switch
    {
        0 => Task.CompletedTask,
        <= MaxArrayRows => ByArraysAsync(transaction, rows),
        _ => ByCopyAsync(transaction, rows),
    };

    private Task<int> ByArraysAsync(StoreTransaction transaction, (SourcePartition Source, PartialRow Row)[] rows)
    {
        var totals = new TotalsColumns(rows.Length);
        for (int i = 0; i < rows.Length; i++)
            totals.Set(i, rows[i].Row.Totals);
        return transaction.ExecuteAsync(FromArrays, p =>
        {
            p.With("pipeline", pipeline)
                .With("topics", Array.ConvertAll(rows, r => r.Source.Topic))
                .With("partitions", Array.ConvertAll(rows, r => r.Source.Partition))
                .With("hours", Array.ConvertAll(rows, r => Timestamps.ToColumn(r.Row.Hour)))
                .With("platforms", Array.ConvertAll(rows, r => r.Row.Platform))
                .With("digests", Array.ConvertAll(rows, r => r.Row.Digest));
            totals.Bind(p);
        });
    }

    private async Task ByCopyAsync(StoreTransaction transaction, (SourcePartition Source, PartialRow Row)[] rows)
    {
        await transaction.ExecuteAsync(CreateIncoming);
        await transaction.CopyAsync(CopyIncoming, rows, async (importer, row) =>
        {
            await importer.WriteAsync(row.Source.Topic, NpgsqlDbType.Text);
            await importer.WriteAsync(row.Source.Partition, NpgsqlDbType.Integer);
            await importer.WriteAsync(Timestamps.ToColumn(row.Row.Hour), NpgsqlDbType.TimestampTz);
            await importer.WriteAsync(row.Row.Platform, NpgsqlDbType.Text);
            await importer.WriteAsync(row.Row.Digest, NpgsqlDbType.Bytea);
            await TotalsColumns.CopyAsync(importer, row.Row.Totals);
        });
        await transaction.ExecuteAsync(FromIncoming, p => p.With("pipeline", pipeline));
    }
}
