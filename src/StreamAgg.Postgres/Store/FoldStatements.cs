using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Moves partials of old hours into the base. Additive, so that two partitions' first folds of an hour both count.</summary>
internal sealed class FoldStatements(string pipeline)
{
    private const string Delete =
        """
        DELETE FROM streamagg.partial t
        USING unnest(@topics, @partitions, @hours, @platforms) AS v(topic, partition, bucket_start, platform)
        WHERE t.pipeline = @pipeline AND t.topic = v.topic AND t.partition = v.partition AND t.bucket_start = v.bucket_start
          AND t.platform = v.platform
        RETURNING t.bucket_start, t.platform, t.rev
        """;

    // An insert's own digest goes in as it is. Where the row was there, its old digest comes back under the row's lock, to be merged
    // here; the counts are added by the statement itself.
    private static readonly string AddToBase =
        $"""
        INSERT INTO streamagg.hour_base AS b (pipeline, bucket_start, platform, rev, {TotalsColumns.Names}, digest)
        SELECT @pipeline, v.bucket_start, v.platform, v.rev, {TotalsColumns.Names}, v.digest
        FROM unnest(@hours, @platforms, @revs, @digests, {TotalsColumns.Arrays}) AS v(bucket_start, platform, rev, digest, {TotalsColumns.Names})
        ORDER BY v.bucket_start, v.platform COLLATE "C"
        ON CONFLICT (pipeline, bucket_start, platform) DO UPDATE SET rev = b.rev + EXCLUDED.rev, {TotalsColumns.Add}
        RETURNING b.bucket_start, b.platform, b.rev, b.digest
        """;

    private const string ReplaceDigests =
        """
        UPDATE streamagg.hour_base b SET digest = v.digest
        FROM unnest(@hours, @platforms, @digests) AS v(bucket_start, platform, digest)
        WHERE b.pipeline = @pipeline AND b.bucket_start = v.bucket_start AND b.platform = v.platform
        """;

    public async Task RunAsync(StoreTransaction transaction, IReadOnlyList<PartitionCheckpoint> partitions)
    {
        var additions = new SortedDictionary<BucketKey<Hour>, Addition>();
        // In the order of (topic, partition): digests merged in another order may differ within their bound.
        foreach (PartitionCheckpoint partition in partitions.OrderBy(p => p.Source))
            foreach (Fold fold in partition.Folds)
            {
                if (!additions.TryGetValue(fold.Row.Key, out Addition? addition))
                    additions.Add(fold.Row.Key, addition = new Addition());
                addition.Add(fold);
            }
        if (additions.Count == 0)
            return;

        await DeletePartialsAsync(transaction, [.. partitions.SelectMany(p => p.Folds.Select(fold => (p.Source, fold.Row.Key)))], additions);
        await AddToBaseAsync(transaction, additions);
    }

    /// <summary>Adds what belongs to no partition.</summary>
    /// <param name="transaction">Holds no lock of a base yet.</param>
    /// <param name="rows">Each counts as a change of its hour.</param>
    public Task AddAsync(StoreTransaction transaction, IEnumerable<PartialRow> rows)
    {
        var additions = new SortedDictionary<BucketKey<Hour>, Addition>();
        foreach (PartialRow row in rows)
        {
            if (!additions.TryGetValue(row.Key, out Addition? addition))
                additions.Add(row.Key, addition = new Addition());
            addition.Add(new Fold(row, Changed: true));
        }
        return AddToBaseAsync(transaction, additions);
    }

    private Task DeletePartialsAsync(
        StoreTransaction transaction, (SourcePartition Source, BucketKey<Hour> Key)[] folded,
        SortedDictionary<BucketKey<Hour>, Addition> additions) =>
        transaction.QueryAsync(
            Delete,
            p => p.With("pipeline", pipeline)
                .With("topics", Array.ConvertAll(folded, f => f.Source.Topic))
                .With("partitions", Array.ConvertAll(folded, f => f.Source.Partition))
                .With("hours", Array.ConvertAll(folded, f => Timestamps.ToColumn(f.Key.Bucket)))
                .With("platforms", Array.ConvertAll(folded, f => f.Key.Platform)),
            row => additions[new BucketKey<Hour>(Timestamps.ReadHour(row, 0), row.GetString(1))].Rev += row.GetInt64(2));

    private async Task AddToBaseAsync(StoreTransaction transaction, SortedDictionary<BucketKey<Hour>, Addition> additions)
    {
        BucketKey<Hour>[] keys = [.. additions.Keys];
        Addition[] rows = [.. additions.Values];
        var merged = new List<(BucketKey<Hour> Key, byte[] Digest)>();
        await transaction.QueryAsync(
            AddToBase,
            p => TotalsColumns.Bind(
                p.With("pipeline", pipeline)
                    .With("hours", Array.ConvertAll(keys, key => Timestamps.ToColumn(key.Bucket)))
                    .With("platforms", Array.ConvertAll(keys, key => key.Platform))
                    .With("revs", Array.ConvertAll(rows, row => row.Rev))
                    .With("digests", Array.ConvertAll(keys, key => MergeDigests(key, additions[key].Digests))),
                Array.ConvertAll(rows, row => row.Totals)),
            row =>
            {
                var key = new BucketKey<Hour>(Timestamps.ReadHour(row, 0), row.GetString(1));
                Addition added = additions[key];
                // Another rev than the one given: the row was there, and this is its digest from before.
                if (row.GetInt64(2) != added.Rev && added.Digests.Count > 0)
                    merged.Add((key, MergeDigests(key, [row.GetFieldValue<byte[]>(3), .. added.Digests])));
            });
        if (merged.Count == 0)
            return;
        (BucketKey<Hour> Key, byte[] Digest)[] replaced = [.. merged];
        await transaction.ExecuteAsync(ReplaceDigests, p => p
            .With("pipeline", pipeline)
            .With("hours", Array.ConvertAll(replaced, m => Timestamps.ToColumn(m.Key.Bucket)))
            .With("platforms", Array.ConvertAll(replaced, m => m.Key.Platform))
            .With("digests", Array.ConvertAll(replaced, m => m.Digest)));
    }

    private static byte[] MergeDigests(BucketKey<Hour> key, IReadOnlyList<ReadOnlyMemory<byte>> encoded)
    {
        ReadOnlyMemory<byte>[] present = [.. encoded.Where(bytes => !bytes.IsEmpty)];
        if (present.Length < 2)
            return present.Length == 0 ? [] : present[0].ToArray();
        TDigest[] digests = Array.ConvertAll(present, bytes => StoredDigest.Decode(bytes.Span, key.Bucket, key.Platform));
        return TDigest.Merge(digests, digests.Max(digest => digest.Compression)).ToBytes();
    }

    /// <summary>What one checkpoint adds to one hour and label, over all its partitions.</summary>
    private sealed class Addition
    {
        public BucketTotals Totals;

        /// <summary>
        /// The revs of the deleted rows, and one for each partial that changed since its last commit: that change was never counted
        /// by a row, and the hour's sum of revs has to grow by it.
        /// </summary>
        public long Rev;

        public List<ReadOnlyMemory<byte>> Digests { get; } = [];

        public void Add(Fold fold)
        {
            Totals.Add(fold.Row.Totals);
            Rev += fold.Changed ? 1 : 0;
            if (!fold.Row.Digest.IsEmpty)
                Digests.Add(fold.Row.Digest);
        }
    }
}
