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
        USING unnest(@topics, @partitions, @rollups, @hours, @labels) AS v(topic, partition, rollup, bucket_start, label)
        WHERE t.pipeline = @pipeline AND t.topic = v.topic AND t.partition = v.partition AND t.bucket_start = v.bucket_start
          AND t.rollup = v.rollup AND t.label = v.label
        RETURNING t.rollup, t.bucket_start, t.label, t.rev
        """;

    // An insert's own digest goes in as it is. Where the row was there, its old digest comes back under the row's lock, to be merged
    // here; the counts are added by the statement itself.
    private static readonly string AddToBase =
        $"""
        INSERT INTO streamagg.hour_base AS b (pipeline, rollup, bucket_start, label, rev, {TotalsColumns.Names}, {DigestColumns.Names})
        SELECT @pipeline, v.rollup, v.bucket_start, v.label, v.rev, {TotalsColumns.Names}, {DigestColumns.Names}
        FROM unnest(@rollups, @hours, @labels, @revs, {DigestColumns.Arrays}, {TotalsColumns.Arrays})
          AS v(rollup, bucket_start, label, rev, {DigestColumns.Names}, {TotalsColumns.Names})
        ORDER BY v.rollup COLLATE "C", v.bucket_start, v.label COLLATE "C"
        ON CONFLICT (pipeline, rollup, bucket_start, label) DO UPDATE SET rev = b.rev + EXCLUDED.rev, {TotalsColumns.Add}
        RETURNING b.rollup, b.bucket_start, b.label, b.rev, {DigestColumns.Of("b")}
        """;

    private static readonly string ReplaceDigests =
        $"""
        UPDATE streamagg.hour_base b SET {DigestColumns.Update}
        FROM unnest(@rollups, @hours, @labels, {DigestColumns.Arrays}) AS v(rollup, bucket_start, label, {DigestColumns.Names})
        WHERE b.pipeline = @pipeline AND b.bucket_start = v.bucket_start AND b.rollup = v.rollup AND b.label = v.label
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
                .With(Array.ConvertAll(folded, f => f.Key)),
            row => additions[HourKeys.Read(row)].Rev += row.GetInt64(3));

    private async Task AddToBaseAsync(StoreTransaction transaction, SortedDictionary<BucketKey<Hour>, Addition> additions)
    {
        BucketKey<Hour>[] keys = [.. additions.Keys];
        Addition[] rows = [.. additions.Values];
        var merged = new List<(BucketKey<Hour> Key, SpreadBytes Digests)>();
        await transaction.QueryAsync(
            AddToBase,
            p => TotalsColumns.Bind(
                DigestColumns.Bind(
                    p.With("pipeline", pipeline).With(keys).With("revs", Array.ConvertAll(rows, row => row.Rev)),
                    Array.ConvertAll(keys, key => MergeDigests(key, additions[key].Digests))),
                Array.ConvertAll(rows, row => row.Totals)),
            row =>
            {
                BucketKey<Hour> key = HourKeys.Read(row);
                Addition added = additions[key];
                // Another rev than the one given: the row was there, and this is its digest from before.
                if (row.GetInt64(3) != added.Rev && added.Digests.Count > 0)
                    merged.Add((key, MergeDigests(key, [DigestColumns.Read(row, 4), .. added.Digests])));
            });
        if (merged.Count == 0)
            return;
        (BucketKey<Hour> Key, SpreadBytes Digests)[] replaced = [.. merged];
        await transaction.ExecuteAsync(ReplaceDigests, p => DigestColumns.Bind(
            p.With("pipeline", pipeline).With(Array.ConvertAll(replaced, m => m.Key)),
            Array.ConvertAll(replaced, m => m.Digests)));
    }

    private static SpreadBytes MergeDigests(BucketKey<Hour> key, IReadOnlyList<SpreadBytes> encoded) =>
        new(MergeDigests(key, encoded, Spreads.Latency), MergeDigests(key, encoded, Spreads.Ttft));

    private static ReadOnlyMemory<byte> MergeDigests(BucketKey<Hour> key, IReadOnlyList<SpreadBytes> encoded, int spread)
    {
        ReadOnlyMemory<byte>[] present = [.. encoded.Select(digests => digests[spread]).Where(bytes => !bytes.IsEmpty)];
        if (present.Length < 2)
            return present.Length == 0 ? default : present[0];
        TDigest[] digests = Array.ConvertAll(present, bytes => StoredDigest.Decode(bytes.Span, key.Bucket, key.Label));
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

        public List<SpreadBytes> Digests { get; } = [];

        public void Add(Fold fold)
        {
            Totals.Add(fold.Row.Totals);
            Rev += fold.Changed ? 1 : 0;
            if (fold.Row.Digests.Length > 0)
                Digests.Add(fold.Row.Digests);
        }
    }
}
