using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Writes changed partials: absolute values, a rev more for each.</summary>
internal sealed class PartialUpsert(string pipeline)
{
    /// <summary>
    /// Rows a statement: 250 and 1,000 take as long (`./dev bench checkpoint`). A COPY needs a table to go to, and with it a right that many a
    /// role is not given.
    /// </summary>
    private const int ChunkRows = 500;

    private static readonly string Columns =
        $"pipeline, topic, partition, rollup, bucket_start, label, rev, {TotalsColumns.Names}, {DigestColumns.Names}";

    private static readonly string Upsert =
        $"""
        INSERT INTO streamagg.partial AS t ({Columns})
        SELECT @pipeline, v.topic, v.partition, v.rollup, v.bucket_start, v.label, 1, {TotalsColumns.Names}, {DigestColumns.Names}
        FROM unnest(@topics, @partitions, @rollups, @hours, @labels, {DigestColumns.Arrays}, {TotalsColumns.Arrays})
          AS v(topic, partition, rollup, bucket_start, label, {DigestColumns.Names}, {TotalsColumns.Names})
        ON CONFLICT (pipeline, topic, partition, rollup, bucket_start, label) DO UPDATE
          SET rev = t.rev + 1, {TotalsColumns.Replace}, {DigestColumns.Replace}
        """;

    public async Task RunAsync(StoreTransaction transaction, (SourcePartition Source, PartialRow Row)[] rows)
    {
        foreach (var chunk in rows.Chunk(ChunkRows))
            await RunChunkAsync(transaction, chunk);
    }

    private Task<int> RunChunkAsync(StoreTransaction transaction, (SourcePartition Source, PartialRow Row)[] rows) =>
        transaction.ExecuteAsync(Upsert, p => TotalsColumns.Bind(
            DigestColumns.Bind(
                p.With("pipeline", pipeline)
                    .With("topics", Array.ConvertAll(rows, r => r.Source.Topic))
                    .With("partitions", Array.ConvertAll(rows, r => r.Source.Partition))
                    .With(Array.ConvertAll(rows, r => r.Row.Key)),
                Array.ConvertAll(rows, r => r.Row.Digests)),
            Array.ConvertAll(rows, r => r.Row.Totals)));
}
