using Npgsql;
using StreamAgg.Core.Rollups;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Postgres.Store;

/// <summary>The claim's statements. What was counted before without a rollup ends where that rollup begins.</summary>
internal sealed class ClaimStatements(string pipeline, IReadOnlyList<Rollup> rollups)
{
    private const string Claim =
        """
        INSERT INTO streamagg.source_partition AS s (pipeline, topic, partition, epoch, claim, checkpoint, owner, next_offset)
        VALUES (@pipeline, @topic, @partition, 1, gen_random_uuid(), 0, @owner, 0)
        ON CONFLICT (pipeline, topic, partition) DO UPDATE
          SET epoch = s.epoch + 1, claim = EXCLUDED.claim, owner = EXCLUDED.owner, updated_at = now()
        RETURNING epoch, claim, checkpoint, next_offset, topic_id, leader_epoch, watermark, rollups
        """;

    private const string Count =
        """
        UPDATE streamagg.source_partition SET rollups = @rollups WHERE pipeline = @pipeline AND topic = @topic AND partition = @partition
        """;

    // A later statement than the lock: it sees whatever an earlier owner has committed.
    private const string Begin =
        """
        UPDATE streamagg.rollup r SET complete_from = GREATEST(r.complete_from, h.last + interval '1 hour')
        FROM (SELECT max(bucket_start) AS last FROM (
          SELECT max(bucket_start) AS bucket_start FROM streamagg.partial
          WHERE pipeline = @pipeline AND topic = @topic AND partition = @partition AND rollup = 'platform'
          UNION ALL SELECT max(bucket_start) FROM streamagg.hour_base WHERE pipeline = @pipeline AND rollup = 'platform') counted) h
        WHERE r.pipeline = @pipeline AND r.id = ANY (@added)
        """;

    /// <exception cref="PipelineStoppedException">The database's rollups are others.</exception>
    public async Task<PartitionClaim?> RunAsync(StoreTransaction transaction, SourcePartition source, string owner)
    {
        PartitionClaim? claim = null;
        long[] before = [];
        await transaction.QueryAsync(
            Claim,
            p => Bind(p, source).With("owner", owner),
            row =>
            {
                before = row.GetFieldValue<long[]>(7);
                claim = new PartitionClaim(
                    new Fence(row.GetInt64(0), row.GetGuid(1), row.GetInt64(2)),
                    row.GetInt64(3),
                    row.IsDBNull(4) ? null : row.GetString(4),
                    row.IsDBNull(5) ? null : row.GetInt32(5),
                    Timestamps.ReadOptionalInstant(row, 6));
            });
        // Under the partition's lock: where it was claimed by a member that knows more, this list holds what that one found.
        long[] ids = await RollupList.RequireAsync(transaction, pipeline, rollups);
        if (!ids.SequenceEqual(before))
            await transaction.ExecuteAsync(Count, p => Bind(p, source).With("rollups", ids));
        // Nothing was counted before the first claim.
        if (claim!.Fence.Epoch > 1 && ids.Except(before).ToArray() is { Length: > 0 } added)
            await transaction.ExecuteAsync(Begin, p => Bind(p, source).With("added", added));
        return claim;
    }

    private NpgsqlParameterCollection Bind(NpgsqlParameterCollection parameters, SourcePartition source) =>
        parameters.With("pipeline", pipeline).With("topic", source.Topic).With("partition", source.Partition);
}
