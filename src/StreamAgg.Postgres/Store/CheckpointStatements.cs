using NpgsqlTypes;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>The checkpoint's statements, in the order in which they take their locks.</summary>
internal sealed class CheckpointStatements(string pipeline)
{
    private const string Fences =
        """
        SELECT s.topic, s.partition, s.epoch, s.claim, s.checkpoint FROM streamagg.source_partition s
        WHERE s.pipeline = @pipeline AND (s.topic, s.partition) IN (SELECT * FROM unnest(@topics, @partitions))
        """;

    // Locks are taken in the order of the sort: a set UPDATE alone would take them in whatever order the plan has.
    private const string FencesLocked = Fences + " ORDER BY s.topic, s.partition FOR UPDATE OF s";

    private const string Advance =
        """
        UPDATE streamagg.source_partition s SET next_offset = v.next, leader_epoch = v.leader,
          watermark = GREATEST(s.watermark, v.watermark), checkpoint = s.checkpoint + 1, updated_at = now(), checkpointed_at = now()
        FROM unnest(@topics, @partitions, @next, @leaders, @watermarks) AS v(topic, partition, next, leader, watermark)
        WHERE s.pipeline = @pipeline AND s.topic = v.topic AND s.partition = v.partition
        """;

    private readonly PartialUpsert partials = new(pipeline);
    private readonly FoldStatements folds = new(pipeline);

    public async Task<CheckpointResult> RunAsync(StoreTransaction transaction, IReadOnlyList<PartitionCheckpoint> partitions)
    {
        Dictionary<SourcePartition, Fence> stands = await ReadFencesAsync(transaction, [.. partitions.Select(p => p.Source)], isLocking: true);
        SourcePartition[] fenced = [
            .. partitions.Where(p => !stands.TryGetValue(p.Source, out Fence fence) || fence != p.Fence).Select(p => p.Source)];
        if (fenced.Length > 0)
            return new CheckpointResult(fenced);

        await AdvanceAsync(transaction, partitions);
        await TallyStatement.AddAsync(transaction, pipeline, partitions);
        Gap[] gaps = [.. partitions.SelectMany(p => p.Gaps)];
        if (gaps.Length > 0)
            await GapStatement.RecordAsync(transaction, pipeline, gaps);
        await partials.RunAsync(transaction, [.. partitions.SelectMany(p => p.Changed.Select(row => (p.Source, row)))]);
        await folds.RunAsync(transaction, partitions);
        await MarkAsync(transaction, partitions);
        return CheckpointResult.Committed;
    }

    public async Task<Dictionary<SourcePartition, Fence>> ReadFencesAsync(
        StoreTransaction transaction, IReadOnlyCollection<SourcePartition> partitions, bool isLocking)
    {
        var fences = new Dictionary<SourcePartition, Fence>();
        await transaction.QueryAsync(
            isLocking ? FencesLocked : Fences,
            p => p.With("pipeline", pipeline)
                .With("topics", partitions.Select(source => source.Topic).ToArray())
                .With("partitions", partitions.Select(source => source.Partition).ToArray()),
            row => fences.Add(new SourcePartition(row.GetString(0), row.GetInt32(1)), new Fence(row.GetInt64(2), row.GetGuid(3), row.GetInt64(4))));
        return fences;
    }

    private Task<int> AdvanceAsync(StoreTransaction transaction, IReadOnlyList<PartitionCheckpoint> partitions) =>
        transaction.ExecuteAsync(Advance, p => p
            .With("pipeline", pipeline)
            .With("topics", partitions.Select(c => c.Source.Topic).ToArray())
            .With("partitions", partitions.Select(c => c.Source.Partition).ToArray())
            .With("next", partitions.Select(c => c.NextOffset).ToArray())
            .With("leaders", partitions.Select(c => c.LeaderEpoch).ToArray())
            // Typed: Npgsql judges an array by its first element, and a null in front makes it one without a zone, which no UTC time fits into.
            .WithOptional(
                "watermarks", partitions.Select(c => c.Watermark is { } w ? Timestamps.ToColumn(w) : (DateTime?)null).ToArray(),
                NpgsqlDbType.Array | NpgsqlDbType.TimestampTz));

    private async Task MarkAsync(StoreTransaction transaction, IReadOnlyList<PartitionCheckpoint> partitions)
    {
        BucketKey<Hour>[] changed =
        [
            .. partitions.SelectMany(p => p.Changed.Select(row => row.Key).Concat(p.Folds.Where(fold => fold.Changed).Select(fold => fold.Row.Key)))
            .Distinct(),
        ];
        await HourMarks.WriteAsync(transaction, pipeline, changed);
    }
}
