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

    private static readonly string Columns = $"pipeline, topic, partition, bucket_start, platform, rev, {TotalsColumns.Names}, digest";

    private static readonly string Upsert =
        $"""
        INSERT INTO streamagg.partial AS t ({Columns})
        SELECT @pipeline, v.topic, v.partition, v.bucket_start, v.platform, 1, {TotalsColumns.Names}, v.digest
        FROM unnest(@topics, @partitions, @hours, @platforms, @digests, {TotalsColumns.Arrays})
          AS v(topic, partition, bucket_start, platform, digest, {TotalsColumns.Names})
        ON CONFLICT (pipeline, topic, partition, bucket_start, platform) DO UPDATE
          SET rev = t.rev + 1, {TotalsColumns.Replace}, digest = EXCLUDED.digest
        """;

    public async Task RunAsync(StoreTransaction transaction, (SourcePartition Source, PartialRow Row)[] rows)
    {
        foreach (var chunk in rows.Chunk(ChunkRows))
            await RunChunkAsync(transaction, chunk);
    }

    private Task<int> RunChunkAsync(StoreTransaction transaction, (SourcePartition Source, PartialRow Row)[] rows) =>
        transaction.ExecuteAsync(Upsert, p => TotalsColumns.Bind(
            p.With("pipeline", pipeline)
                .With("topics", Array.ConvertAll(rows, r => r.Source.Topic))
                .With("partitions", Array.ConvertAll(rows, r => r.Source.Partition))
                .With("hours", Array.ConvertAll(rows, r => Timestamps.ToColumn(r.Row.Hour)))
                .With("platforms", Array.ConvertAll(rows, r => r.Row.Platform))
                .With("digests", Array.ConvertAll(rows, r => r.Row.Digest)),
            Array.ConvertAll(rows, r => r.Row.Totals)));
}
