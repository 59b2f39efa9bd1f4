using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>The two transactions that publish hours or days: one snapshot to read, one to write.</summary>
/// <typeparam name="TBucket"><see cref="Hour"/> or <see cref="Day"/>.</typeparam>
/// <typeparam name="TColumn">What Npgsql writes of it.</typeparam>
internal abstract class BucketPublishing<TBucket, TColumn>
    where TBucket : IComparable<TBucket>
{
    private readonly string sketches, kept, clear, unkept;
    private readonly PublishedTable published;

    /// <param name="table">The published one: in the state's tables the bucket's column has the same name.</param>
    protected BucketPublishing(string pipeline, string publishSchema, string name, RowTable table)
    {
        Pipeline = pipeline;
        published = new PublishedTable(publishSchema, table, $"streamagg.{name}_sketch");
        string column = table.BucketColumn;
        // The guard stands for the published row too, which has no input_rev: only who wrote the sketch writes it, under the sketch's lock.
        sketches =
            $"""
            INSERT INTO streamagg.{name}_sketch AS s (pipeline, {column}, platform, input_rev, {SketchColumns.Names})
            SELECT @pipeline, v.bucket, v.label, v.input_rev, {SketchColumns.Values}
            FROM unnest(@buckets, @platforms, @revs, {SketchColumns.Arrays}) AS v(bucket, label, input_rev, {SketchColumns.ArrayNames})
            ORDER BY v.bucket, v.label COLLATE "C"
            ON CONFLICT (pipeline, {column}, platform) DO UPDATE SET input_rev = EXCLUDED.input_rev, {SketchColumns.Replace}
            WHERE s.input_rev < EXCLUDED.input_rev
            RETURNING s.{column}, s.platform
            """;
        kept =
            $"""
            UPDATE streamagg.{name}_sketch s SET row_kept = v.kept
            FROM unnest(@buckets, @platforms, @kept) AS v(bucket, label, kept)
            WHERE s.pipeline = @pipeline AND s.{column} = v.bucket AND s.platform = v.label AND s.row_kept <> v.kept
            """;
        unkept =
            $"""
            SELECT s.{column}, s.platform FROM streamagg.{name}_sketch s
            WHERE s.pipeline = @pipeline AND s.{column} >= @from AND s.{column} < @to AND NOT s.row_kept
            """;
        // Compared on the mark's own column, after its lock: a mark that a checkpoint holds is skipped, it is about to be another one.
        clear =
            $"""
            DELETE FROM streamagg.dirty_{name} d USING (
              SELECT k.{column}, k.platform FROM streamagg.dirty_{name} k
              JOIN unnest(@buckets, @platforms, @marks) AS v(bucket, label, mark)
                ON k.pipeline = @pipeline AND k.{column} = v.bucket AND k.platform = v.label AND k.mark = v.mark
              FOR UPDATE OF k SKIP LOCKED) l
            WHERE d.pipeline = @pipeline AND d.{column} = l.{column} AND d.platform = l.platform
            """;
    }

    protected string Pipeline { get; }

    /// <summary>
    /// Selects bucket, label and mark of at most @limit that @watermark has passed and that lie in the half-open (@from, @to), oldest first.
    /// </summary>
    protected abstract string Dirty { get; }

    /// <summary>Between them lies every bucket.</summary>
    protected abstract (TColumn From, TColumn To) Always { get; }

    /// <summary>Each selects bucket and label first, of what goes into the rows of (@buckets, @platforms).</summary>
    protected abstract IReadOnlyList<string> Inputs { get; }

    public async Task<DirtySnapshot<TBucket>> ReadAsync(StoreTransaction transaction, IReadOnlyCollection<SourcePartition> partitions, int limit)
    {
        Instant? watermark = null;
        await transaction.QueryAsync(
            WatermarkSql.Smallest, p => WatermarkSql.Bind(p, Pipeline, partitions), row => watermark = Timestamps.ReadOptionalInstant(row, 0));
        return watermark is { } passed ? await ReadAsync(transaction, passed, Always, limit) : new DirtySnapshot<TBucket>([]);
    }

    /// <summary>Those of a range, closed at <paramref name="passed"/>, as this transaction sees them.</summary>
    public Task<DirtySnapshot<TBucket>> ReadAsync(StoreTransaction transaction, Instant passed, TBucket from, TBucket to, int limit) =>
        ReadAsync(transaction, passed, (ToColumn(from), ToColumn(to)), limit);

    private async Task<DirtySnapshot<TBucket>> ReadAsync(StoreTransaction transaction, Instant passed, (TColumn From, TColumn To) range, int limit)
    {
        var dirty = new List<DirtyBucket<TBucket>>();
        var inputs = new Dictionary<BucketKey<TBucket>, List<BucketInput>>();
        await transaction.QueryAsync(
            Dirty,
            p => p.With("pipeline", Pipeline).With("watermark", Timestamps.ToColumn(passed)).With("limit", (long)limit + 1)
                .With("from", range.From).With("to", range.To),
            row => dirty.Add(new DirtyBucket<TBucket>(KeyOf(row), row.GetInt64(2), inputs[KeyOf(row)] = [])));
        bool hasMore = dirty.Count > limit;
        if (hasMore)
            dirty.RemoveAt(limit);
        if (dirty.Count > 0)
        {
            foreach (string sql in Inputs)
                await transaction.QueryAsync(sql, p => Bind(p, dirty.Select(bucket => bucket.Key)), row => inputs[KeyOf(row)].Add(ReadInput(row)));
        }

        return new DirtySnapshot<TBucket>(dirty) { Watermark = passed, HasMore = hasMore };
    }

    public Task<PublishResult> WriteAsync(StoreTransaction transaction, IReadOnlyList<Publication<TBucket>> rows) =>
        WriteAsync(transaction, rows, static _ => false);

    /// <param name="transaction">Holds all locks that come before these.</param>
    /// <param name="rows">To be written.</param>
    /// <param name="overrules">Whose row gives way whatever it counts, and goes where nothing is left of it.</param>
    public async Task<PublishResult> WriteAsync(
        StoreTransaction transaction, IReadOnlyList<Publication<TBucket>> rows, Func<BucketKey<TBucket>, bool> overrules)
    {
        HashSet<BucketKey<TBucket>> taken = await WriteSketchesAsync(transaction, rows);
        Publication<TBucket>[] ours = [.. rows.Where(row => taken.Contains(row.Key))];
        var result = new PublishResult(0, 0, 0);
        if (ours.Length > 0)
        {
            HashSet<BucketKey<TBucket>> held = await ReadHeldAsync(transaction, ours);
            var free = ours.Where(row => !held.Contains(row.Key)).ToLookup(row => overrules(row.Key));
            (int written, var staying) = await UpsertAsync(transaction, [.. free[false]]);
            written += await OverruleAsync(transaction, [.. free[true]]);
            staying.UnionWith(held);
            result = new PublishResult(written, staying.Count, ours.Length - written - staying.Count);
            await transaction.ExecuteAsync(kept, p => Bind(p, Keys(ours)).With("kept", Array.ConvertAll(ours, row => staying.Contains(row.Key))));
            await WroteAsync(transaction, ours);
        }

        await transaction.ExecuteAsync(clear, p => Bind(p, Keys(rows)).With("marks", rows.Select(row => row.Mark).ToArray()));
        return result;
    }

    /// <summary>Deletes the published rows of a range of which nothing is counted here, whoever wrote them.</summary>
    public Task<int> DeleteUncountedAsync(StoreTransaction transaction, TBucket from, TBucket to) => transaction.ExecuteAsync(
        published.DeleteUncounted, p => p.With("pipeline", Pipeline).With("from", ToColumn(from)).With("to", ToColumn(to)));

    /// <summary>The keys of a range whose published rows are ours.</summary>
    public async Task<HashSet<BucketKey<TBucket>>> ReadOursAsync(StoreTransaction transaction, TBucket from, TBucket to)
    {
        var keys = new HashSet<BucketKey<TBucket>>();
        await transaction.QueryAsync(
            unkept, p => p.With("pipeline", Pipeline).With("from", ToColumn(from)).With("to", ToColumn(to)), row => keys.Add(KeyOf(row)));
        return keys;
    }

    protected abstract TColumn ToColumn(TBucket bucket);

    protected abstract TBucket ReadBucket(NpgsqlDataReader row);

    /// <summary>Reads a row of one of <see cref="Inputs"/>.</summary>
    protected abstract BucketInput ReadInput(NpgsqlDataReader row);

    /// <summary>The published rows that stay as they are, whatever they count.</summary>
    protected virtual Task<HashSet<BucketKey<TBucket>>> ReadHeldAsync(StoreTransaction transaction, Publication<TBucket>[] rows) =>
        Task.FromResult(new HashSet<BucketKey<TBucket>>());

    /// <summary>What follows from these rows within the transaction.</summary>
    protected virtual Task WroteAsync(StoreTransaction transaction, Publication<TBucket>[] rows) => Task.CompletedTask;

    protected BucketKey<TBucket> KeyOf(NpgsqlDataReader row) => new(ReadBucket(row), row.GetString(1));

    protected NpgsqlParameterCollection Bind(NpgsqlParameterCollection parameters, IEnumerable<BucketKey<TBucket>> keys) => parameters
        .With("pipeline", Pipeline).With("buckets", keys.Select(key => ToColumn(key.Bucket)).ToArray())
        .With("platforms", keys.Select(key => key.Platform).ToArray());

    protected static IEnumerable<BucketKey<TBucket>> Keys(IEnumerable<Publication<TBucket>> rows) => rows.Select(row => row.Key);

    /// <returns>How many rows were written, and the keys of those that stayed because they count more.</returns>
    private async Task<(int Written, HashSet<BucketKey<TBucket>> Kept)> UpsertAsync(StoreTransaction transaction, Publication<TBucket>[] rows)
    {
        HashSet<BucketKey<TBucket>> written = [], staying = [];
        // A recount has found nothing there: nothing of ours stands in the table then, and of others what does.
        if (Array.FindAll(rows, row => !row.Totals.IsEmpty) is { Length: > 0 } some)
            await transaction.QueryAsync(published.Upsert, p => PublishedTable.Bind(Bind(p, Keys(some)), some), row => written.Add(KeyOf(row)));
        Publication<TBucket>[] left = [.. rows.Where(row => !written.Contains(row.Key))];
        if (left.Length > 0)
            await transaction.QueryAsync(published.Larger, p => PublishedTable.Bind(Bind(p, Keys(left)), left), row => staying.Add(KeyOf(row)));
        return (written.Count, staying);
    }

    private async Task<int> OverruleAsync(StoreTransaction transaction, Publication<TBucket>[] rows)
    {
        int written = 0;
        var left = rows.ToLookup(row => !row.Totals.IsEmpty);
        if (left[true].ToArray() is { Length: > 0 } some)
            await transaction.QueryAsync(published.Overrule, p => PublishedTable.Bind(Bind(p, Keys(some)), some), _ => written++);
        if (left[false].ToArray() is { Length: > 0 } none)
            written += await transaction.ExecuteAsync(published.Delete, p => Bind(p, Keys(none)));
        return written;
    }

    private async Task<HashSet<BucketKey<TBucket>>> WriteSketchesAsync(StoreTransaction transaction, IReadOnlyList<Publication<TBucket>> rows)
    {
        var taken = new HashSet<BucketKey<TBucket>>();
        await transaction.QueryAsync(
            sketches,
            p => SketchColumns.Bind(
                Bind(p, Keys(rows)).With("revs", rows.Select(row => row.InputRev).ToArray()), [.. rows.Select(row => (row.Totals, row.Centroids))]),
            row => taken.Add(KeyOf(row)));
        return taken;
    }
}
