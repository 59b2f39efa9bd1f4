using Npgsql;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>The store protocol over Npgsql: one method a transaction. Safe from any thread; holds nothing but the pool.</summary>
/// <remarks>
/// Locks are taken in one order everywhere: source_partition, event_tally, gap, partial, hour_base, dirty_hour; and hour_sketch, hourly rows,
/// dirty_day; and day_sketch, daily rows. Within a table in the order of its key. So no two transactions can wait for each other.
/// </remarks>
/// <param name="database">From <see cref="PostgresDataSource"/>. Not disposed here.</param>
/// <param name="pipeline">Leads every key: <see cref="PostgresOptions.PipelineId"/>.</param>
/// <param name="publishSchema">Where the two published tables are: <see cref="PostgresOptions.PublishSchema"/>.</param>
/// <param name="rollups">All that are configured; null: that by platform alone.</param>
public sealed class PostgresStore(
    NpgsqlDataSource database, string pipeline, string publishSchema, IReadOnlyList<Rollup>? rollups = null) : IAggregateStore
{
    /// <summary>5 MB of digests: a second, on a slow way.</summary>
    private const int PartialsAPage = 4096;

    private static readonly string PartialsPage =
        $"""
        SELECT rollup, bucket_start, label, {TotalsColumns.Names}, {DigestColumns.Names} FROM streamagg.partial
        WHERE pipeline = @pipeline AND topic = @topic AND partition = @partition AND rollup = ANY (@rollups)
          AND (rollup, bucket_start, label) > (@rollup, @hour, @label)
        ORDER BY rollup, bucket_start, label LIMIT {PartialsAPage}
        """;

    private readonly CheckpointStatements checkpoints = new(pipeline);
    private readonly HourPublishing hourPublishing = new(pipeline, publishSchema, rollups ?? CompleteRollups.Default);
    private readonly DayPublishing dayPublishing = new(pipeline, publishSchema, rollups ?? CompleteRollups.Default);
    private readonly ClaimStatements claims = new(pipeline, rollups ?? CompleteRollups.Default);
    private readonly string[] names = [.. (rollups ?? CompleteRollups.Default).Select(rollup => rollup.Name)];

    public Task<Instant> NowAsync(CancellationToken cancellation) => StoreTransaction.ReadAsync(database, async transaction =>
    {
        Instant now = default;
        // clock_timestamp, not now(): a transaction's start may lie behind.
        await transaction.QueryAsync("SELECT clock_timestamp()", null, row => now = Timestamps.ReadInstant(row, 0));
        return now;
    }, cancellation);

    public Task<bool> IsTopicKnownAsync(string topic, CancellationToken cancellation) =>
        StoreTransaction.ReadCurrentAsync(database, async transaction =>
    {
        bool isKnown = false;
        await transaction.QueryAsync(
            "SELECT EXISTS (SELECT FROM streamagg.source_partition WHERE pipeline = @pipeline AND topic = @topic)",
            p => p.With("pipeline", pipeline).With("topic", topic),
            row => isKnown = row.GetBoolean(0));
        return isKnown;
    }, cancellation);

    public Task IntroduceTopicAsync(string topic, string topicId, IReadOnlyList<long> startOffsets, CancellationToken cancellation) =>
        StoreTransaction.WriteAsync(database, async transaction =>
        {
            // Two members may introduce a topic at once, with different answers about its partitions: the second one must not give a
            // partition that it alone saw any start but 0. A row that is not there can't be locked, hence this lock, for its key.
            await transaction.ExecuteAsync(
                "SELECT pg_advisory_xact_lock(hashtextextended('streamagg topic ' || @pipeline || ' ' || @topic, 0))",
                p => p.With("pipeline", pipeline).With("topic", topic));
            await transaction.ExecuteAsync(
                """
                INSERT INTO streamagg.source_partition (pipeline, topic, partition, topic_id, epoch, claim, checkpoint, next_offset)
                SELECT @pipeline, @topic, v.number - 1, @topicId, 0, gen_random_uuid(), 0, v.start
                FROM unnest(@starts) WITH ORDINALITY AS v(start, number)
                WHERE NOT EXISTS (SELECT FROM streamagg.source_partition WHERE pipeline = @pipeline AND topic = @topic)
                ON CONFLICT (pipeline, topic, partition) DO NOTHING
                """,
                p => p.With("pipeline", pipeline).With("topic", topic).With("topicId", topicId).With("starts", startOffsets.ToArray()));
            return true;
        }, cancellation);

    public async Task<PartitionClaim> ClaimAsync(SourcePartition source, string owner, CancellationToken cancellation)
    {
        PartitionClaim? claim = null;
        await StoreTransaction.WriteAsync(database, async transaction =>
        {
            claim = await claims.RunAsync(transaction, source, owner);
            return true;
        }, cancellation);
        return claim ?? throw new InvalidOperationException($"The claim of {source} returned no row.");
    }

    public async Task<Fence?> AdoptTopicIdAsync(SourcePartition source, Fence fence, string topicId, Gap? gap, CancellationToken cancellation)
    {
        Fence? adopted = null;
        await StoreTransaction.WriteAsync(database, async transaction =>
        {
            Fence? stands = null;
            string? known = null;
            await transaction.QueryAsync(
                """
                SELECT epoch, claim, checkpoint, topic_id FROM streamagg.source_partition
                WHERE pipeline = @pipeline AND topic = @topic AND partition = @partition FOR UPDATE
                """,
                p => p.With("pipeline", pipeline).With("topic", source.Topic).With("partition", source.Partition),
                row =>
                {
                    stands = new Fence(row.GetInt64(0), row.GetGuid(1), row.GetInt64(2));
                    known = row.IsDBNull(3) ? null : row.GetString(3);
                });
            if (stands != fence)
                return false;
            adopted = fence;
            if (known == topicId)
                return false;

            bool isAnother = known is not null;
            // Recorded first: the gap belongs to the incarnation whose offsets it counts in.
            if (gap is not null)
                await GapStatement.RecordAsync(transaction, pipeline, [gap]);
            // The watermark of the old incarnation says nothing about the new one's events.
            await transaction.ExecuteAsync(
                isAnother
                    ? """
                      UPDATE streamagg.source_partition SET topic_id = @topicId, next_offset = 0, leader_epoch = NULL, watermark = NULL,
                        checkpoint = checkpoint + 1, updated_at = now()
                      WHERE pipeline = @pipeline AND topic = @topic AND partition = @partition
                      """
                    : """
                      UPDATE streamagg.source_partition SET topic_id = @topicId, updated_at = now()
                      WHERE pipeline = @pipeline AND topic = @topic AND partition = @partition
                      """,
                p => p.With("pipeline", pipeline).With("topic", source.Topic).With("partition", source.Partition).With("topicId", topicId));
            adopted = isAnother ? fence.Next : fence;
            return true;
        }, cancellation);
        return adopted;
    }

    public Task<IReadOnlyList<PartialRow>> LoadPartialsAsync(SourcePartition source, CancellationToken cancellation) =>
        StoreTransaction.ReadCurrentAsync<IReadOnlyList<PartialRow>>(database, async transaction =>
        {
            // By pages of the primary key, in one snapshot: the time-out is a statement's, and no number of labels may stop a claim for good.
            var rows = new List<PartialRow>();
            int page;
            do
            {
                int before = rows.Count;
                await transaction.QueryAsync(
                    PartialsPage,
                    p => p.With("pipeline", pipeline).With("topic", source.Topic).With("partition", source.Partition)
                        .With("rollups", names).With("rollup", before == 0 ? "" : rows[^1].Rollup)
                        // The smallest time of .NET is minus infinity in PostgreSQL.
                        .With("hour", before == 0 ? DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc) : Timestamps.ToColumn(rows[^1].Hour))
                        .With("label", before == 0 ? "" : rows[^1].Label),
                    row => rows.Add(new PartialRow(
                        Timestamps.ReadHour(row, 1), row.GetString(2), TotalsColumns.Read(row, 3), DigestColumns.Read(row, 3 + TotalsColumns.Count),
                        row.GetString(0))));
                page = rows.Count - before;
            }
            while (page == PartialsAPage);
            return rows;
        }, cancellation);

    public async Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation)
    {
        CheckpointResult result = CheckpointResult.Committed;
        await StoreTransaction.WriteAsync(database, async transaction =>
        {
            result = await checkpoints.RunAsync(transaction, partitions);
            return result.IsCommitted;
        }, cancellation);
        return result;
    }

    public Task<IReadOnlyDictionary<SourcePartition, Fence>> ReadFencesAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) =>
        StoreTransaction.ReadCurrentAsync<IReadOnlyDictionary<SourcePartition, Fence>>(
            database, async transaction => await checkpoints.ReadFencesAsync(transaction, partitions, isLocking: false), cancellation);

    public Task RecordGapAsync(Gap gap, CancellationToken cancellation) => StoreTransaction.WriteAsync(database, async transaction =>
    {
        await GapStatement.RecordAsync(transaction, pipeline, [gap]);
        return true;
    }, cancellation);

    public Task<DirtySnapshot<Hour>> ReadDirtyHoursAsync(
        IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) =>
        StoreTransaction.ReadCurrentAsync(database, transaction => hourPublishing.ReadAsync(transaction, partitions, limit), cancellation);

    public Task<PublishResult> PublishHoursAsync(IReadOnlyList<Publication<Hour>> hours, CancellationToken cancellation) =>
        PublishAsync(hours, hourPublishing.WriteAsync, cancellation);

    public Task<DirtySnapshot<Day>> ReadDirtyDaysAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) =>
        StoreTransaction.ReadCurrentAsync(database, transaction => dayPublishing.ReadAsync(transaction, partitions, limit), cancellation);

    public Task<PublishResult> PublishDaysAsync(IReadOnlyList<Publication<Day>> days, CancellationToken cancellation) =>
        PublishAsync(days, dayPublishing.WriteAsync, cancellation);

    private async Task<PublishResult> PublishAsync<TBucket>(
        IReadOnlyList<Publication<TBucket>> rows,
        Func<StoreTransaction, IReadOnlyList<Publication<TBucket>>, Task<PublishResult>> write,
        CancellationToken cancellation)
        where TBucket : IComparable<TBucket>
    {
        var result = new PublishResult(0, 0, 0);
        if (rows.Count == 0)
            return result;
        await StoreTransaction.WriteAsync(database, async transaction =>
        {
            result = await write(transaction, rows);
            return true;
        }, cancellation);
        return result;
    }
}
