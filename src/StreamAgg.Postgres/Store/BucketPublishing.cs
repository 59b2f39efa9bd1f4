using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
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

    /// <param name="pipeline">Leads every key.</param>
    /// <param name="publishSchema">Where the tables are.</param>
    /// <param name="rollups">Those that are published here.</param>
    /// <param name="name">Of the bucket, in the names of the state's tables.</param>
    protected BucketPublishing(string pipeline, string publishSchema, IReadOnlyList<Rollup> rollups, string name, bool isDaily)
    {
        Pipeline = pipeline;
        Rollups = rollups;
        Tables = rollups.ToDictionary(rollup => rollup.Name, rollup => new RollupTables<TBucket>(
            [.. RowTable.Of(rollup, isDaily).Select(table => new PublishedTable(rollup, table, publishSchema, $"streamagg.{name}_sketch"))],
            BindPublished, row => new BucketKey<TBucket>(ReadBucket(row, 0), row.GetString(1), rollup.Name)));
        string column = RowTable.Hourly.BucketColumn;
        if (isDaily)
            column = RowTable.Daily.BucketColumn;
        string same = $"s.pipeline = @pipeline AND s.rollup = v.rollup AND s.{column} = v.bucket AND s.label = v.label";
        // The guard stands for the published row too, which has no input_rev: only who wrote the sketch writes it, under the sketch's lock.
        // Returned with what our row has shown so far: the inner query sees the sketch as it was.
        sketches =
            $"""
            INSERT INTO streamagg.{name}_sketch AS s (pipeline, rollup, {column}, label, input_rev, {SketchColumns.Names})
            SELECT @pipeline, v.rollup, v.bucket, v.label, v.input_rev, {SketchColumns.Values}
            FROM unnest(@rollups, @buckets, @labels, @revs, {SketchColumns.Arrays}) AS v(rollup, bucket, label, input_rev, {SketchColumns.ArrayNames})
            ORDER BY v.rollup COLLATE "C", v.bucket, v.label COLLATE "C"
            ON CONFLICT (pipeline, rollup, {column}, label) DO UPDATE SET input_rev = EXCLUDED.input_rev, {SketchColumns.Replace}
            WHERE s.input_rev < EXCLUDED.input_rev
            RETURNING s.rollup, s.{column}, s.label, (
              SELECT o.success_count + o.error_count FROM streamagg.{name}_sketch o
              WHERE o.pipeline = s.pipeline AND o.rollup = s.rollup AND o.{column} = s.{column} AND o.label = s.label
                AND NOT o.row_kept)
            """;
        kept =
            $"""
            UPDATE streamagg.{name}_sketch s SET row_kept = v.kept
            FROM unnest(@rollups, @buckets, @labels, @kept) AS v(rollup, bucket, label, kept)
            WHERE {same} AND s.row_kept <> v.kept
            """;
        unkept =
            $"""
            SELECT s.rollup, s.{column}, s.label FROM streamagg.{name}_sketch s
            WHERE s.pipeline = @pipeline AND s.rollup = ANY (@rollups) AND s.{column} >= @from AND s.{column} < @to AND NOT s.row_kept
            """;
        // Compared on the mark's own column, after its lock: a mark that a checkpoint holds is skipped, it is about to be another one.
        clear =
            $"""
            DELETE FROM streamagg.dirty_{name} d USING (
              SELECT s.rollup, s.{column}, s.label FROM streamagg.dirty_{name} s
              JOIN unnest(@rollups, @buckets, @labels, @marks) AS v(rollup, bucket, label, mark) ON {same} AND s.mark = v.mark
              FOR UPDATE OF s SKIP LOCKED) l
            WHERE d.pipeline = @pipeline AND d.rollup = l.rollup AND d.{column} = l.{column} AND d.label = l.label
            """;
    }

    protected string Pipeline { get; }

    protected IReadOnlyList<Rollup> Rollups { get; }

    /// <summary>By the names of rollups.</summary>
    protected IReadOnlyDictionary<string, RollupTables<TBucket>> Tables { get; }

    /// <summary>
    /// Selects rollup, bucket, label and mark of at most @limit that @watermark has passed, that lie in the half-open (@from, @to), and in one
    /// of @rollups from its time in @complete on, oldest first.
    /// </summary>
    protected abstract string Dirty { get; }

    /// <summary>Between them lies every bucket.</summary>
    protected abstract (TColumn From, TColumn To) Always { get; }

    /// <summary>Each selects rollup, bucket and label first, of what goes into the rows of (@rollups, @buckets, @labels).</summary>
    protected abstract IReadOnlyList<string> Inputs { get; }

    public async Task<DirtySnapshot<TBucket>> ReadAsync(StoreTransaction transaction, IReadOnlyCollection<SourcePartition> partitions, int limit)
    {
        Instant? watermark = null;
        await transaction.QueryAsync(
            WatermarkSql.Smallest, p => WatermarkSql.Bind(p, Pipeline, partitions), row => watermark = Timestamps.ReadOptionalInstant(row, 0));
        return watermark is { } passed
            ? await ReadAsync(transaction, await CompleteRollups.ReadAsync(transaction, Pipeline, Rollups, partitions), passed, Always, limit)
            : new DirtySnapshot<TBucket>([]);
    }

    /// <summary>Those of a range, closed at <paramref name="passed"/>, as this transaction sees them.</summary>
    public Task<DirtySnapshot<TBucket>> ReadAsync(
        StoreTransaction transaction, IReadOnlyList<CompleteRollup> complete, Instant passed, TBucket from, TBucket to, int limit) =>
        ReadAsync(transaction, complete, passed, (ToColumn(from), ToColumn(to)), limit);

    private async Task<DirtySnapshot<TBucket>> ReadAsync(
        StoreTransaction transaction, IReadOnlyList<CompleteRollup> complete, Instant passed, (TColumn From, TColumn To) range, int limit)
    {
        var dirty = new List<DirtyBucket<TBucket>>();
        var inputs = new Dictionary<BucketKey<TBucket>, List<BucketInput>>();
        await transaction.QueryAsync(
            Dirty,
            p => CompleteRollups.Bind(p, complete).With("pipeline", Pipeline).With("watermark", Timestamps.ToColumn(passed))
                .With("limit", (long)limit + 1).With("from", range.From).With("to", range.To),
            row => dirty.Add(new DirtyBucket<TBucket>(KeyOf(row), row.GetInt64(3), inputs[KeyOf(row)] = [])));
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
        Dictionary<BucketKey<TBucket>, long?> shown = await WriteSketchesAsync(transaction, rows);
        Publication<TBucket>[] ours = [.. rows.Where(row => shown.ContainsKey(row.Key))];
        var result = new PublishResult(0, 0, 0);
        if (ours.Length > 0)
        {
            var staying = new HashSet<BucketKey<TBucket>>();
            int written = 0;
            // In the order of their names, everywhere.
            foreach (var rollup in ours.GroupBy(row => row.Key.Rollup).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                Publication<TBucket>[] some = [.. rollup];
                HashSet<BucketKey<TBucket>> held = await ReadHeldAsync(transaction, rollup.Key, some);
                (int more, HashSet<BucketKey<TBucket>> keeping) = await Tables[rollup.Key].WriteAsync(transaction, some, held, overrules, shown);
                written += more;
                staying.UnionWith(keeping);
                staying.UnionWith(held);
            }
            result = new PublishResult(written, staying.Count, ours.Length - written - staying.Count);
            await transaction.ExecuteAsync(kept, p => Bind(p, Keys(ours)).With("kept", Array.ConvertAll(ours, row => staying.Contains(row.Key))));
            await WroteAsync(transaction, ours);
        }

        await transaction.ExecuteAsync(clear, p => Bind(p, Keys(rows)).With("marks", rows.Select(row => row.Mark).ToArray()));
        return result;
    }

    /// <summary>Deletes the published rows of a range of which nothing is counted here, whoever wrote them.</summary>
    public async Task<int> DeleteUncountedAsync(StoreTransaction transaction, IEnumerable<string> rollups, TBucket from, TBucket to)
    {
        int deleted = 0;
        foreach (string rollup in rollups)
            deleted += await Tables[rollup].DeleteUncountedAsync(
                transaction, p => p.With("pipeline", Pipeline).With("from", ToColumn(from)).With("to", ToColumn(to)));
        return deleted;
    }

    /// <summary>The keys of a range whose published rows are ours.</summary>
    public async Task<HashSet<BucketKey<TBucket>>> ReadOursAsync(StoreTransaction transaction, TBucket from, TBucket to)
    {
        var keys = new HashSet<BucketKey<TBucket>>();
        await transaction.QueryAsync(
            unkept,
            p => p.With("pipeline", Pipeline).With("rollups", Tables.Keys.ToArray()).With("from", ToColumn(from)).With("to", ToColumn(to)),
            row => keys.Add(KeyOf(row)));
        return keys;
    }

    /// <summary>The keys of a range that have a published row, whoever wrote it.</summary>
    public async Task<IReadOnlyList<BucketKey<TBucket>>> ReadPublishedAsync(StoreTransaction transaction, string rollup, TBucket from, TBucket to)
    {
        var keys = new List<BucketKey<TBucket>>();
        await Tables[rollup].ReadKeysAsync(
            transaction, p => p.With("pipeline", Pipeline).With("from", ToColumn(from)).With("to", ToColumn(to)), keys.Add);
        return keys;
    }

    protected abstract TColumn ToColumn(TBucket bucket);

    protected abstract TBucket ReadBucket(NpgsqlDataReader row, int ordinal);

    /// <summary>Reads a row of one of <see cref="Inputs"/>.</summary>
    protected abstract BucketInput ReadInput(NpgsqlDataReader row);

    /// <summary>The published rows that stay as they are, whatever they count.</summary>
    protected virtual Task<HashSet<BucketKey<TBucket>>> ReadHeldAsync(StoreTransaction transaction, string rollup, Publication<TBucket>[] rows) =>
        Task.FromResult(new HashSet<BucketKey<TBucket>>());

    /// <summary>What follows from these rows within the transaction.</summary>
    protected virtual Task WroteAsync(StoreTransaction transaction, Publication<TBucket>[] rows) => Task.CompletedTask;

    /// <summary>Of a row that begins with rollup, bucket and label.</summary>
    protected BucketKey<TBucket> KeyOf(NpgsqlDataReader row) => new(ReadBucket(row, 1), row.GetString(2), row.GetString(0));

    protected NpgsqlParameterCollection Bind(NpgsqlParameterCollection parameters, IEnumerable<BucketKey<TBucket>> keys) =>
        BindPublished(parameters, keys).With("rollups", keys.Select(key => key.Rollup).ToArray());

    protected NpgsqlParameterCollection BindPublished(NpgsqlParameterCollection parameters, IEnumerable<BucketKey<TBucket>> keys) => parameters
        .With("pipeline", Pipeline).With("buckets", keys.Select(key => ToColumn(key.Bucket)).ToArray())
        .With("labels", keys.Select(key => key.Label).ToArray());

    protected static IEnumerable<BucketKey<TBucket>> Keys(IEnumerable<Publication<TBucket>> rows) => rows.Select(row => row.Key);

    /// <returns>The keys of what was written, each with the requests that our published row has shown; null where it has none of ours.</returns>
    private async Task<Dictionary<BucketKey<TBucket>, long?>> WriteSketchesAsync(
        StoreTransaction transaction, IReadOnlyList<Publication<TBucket>> rows)
    {
        var shown = new Dictionary<BucketKey<TBucket>, long?>();
        await transaction.QueryAsync(
            sketches,
            p => SketchColumns.Bind(
                Bind(p, Keys(rows)).With("revs", rows.Select(row => row.InputRev).ToArray()), [.. rows.Select(row => (row.Totals, row.Centroids))]),
            row => shown.Add(KeyOf(row), row.IsDBNull(3) ? null : row.GetInt64(3)));
        return shown;
    }
}
