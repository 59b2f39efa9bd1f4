using Npgsql;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Publishing;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Postgres.Store;

/// <summary>Puts a recount of whole hours in the place of what was counted.</summary>
/// <remarks>
/// All partitions' rows are locked, so no checkpoint is on its way, and their epochs raised: whatever a member holds of these hours in memory
/// is void, it claims again and reads on from the offsets that the recount was made up to. An hour that the recount leaves
/// empty keeps a base and a sketch of nothing, whose revs go on: a publisher with an older snapshot must find a newer sketch there.
/// </remarks>
internal sealed class HourSwapping(string pipeline, string publishSchema, IReadOnlyList<Rollup> rollups)
{
    /// <summary>Rows a statement, and keys of a read: the time-outs are a statement's.</summary>
    private const int ChunkRows = 500;

    private const string LockPipeline = "SELECT FROM streamagg.pipeline WHERE id = @pipeline FOR UPDATE";

    private const string Positions =
        """
        SELECT s.topic, s.partition, s.next_offset, s.topic_id, s.watermark, (
          SELECT max(g.recorded_at) FROM streamagg.gap g
          WHERE g.pipeline = s.pipeline AND g.topic = s.topic AND g.partition = s.partition AND g.to_offset IS NULL)
        FROM streamagg.source_partition s WHERE s.pipeline = @pipeline ORDER BY s.topic, s.partition
        """;

    // Of a partition that nobody has claimed yet nothing was counted, so nothing is missing in any rollup.
    private const string Fence =
        """
        UPDATE streamagg.source_partition SET epoch = epoch + 1, claim = gen_random_uuid(), updated_at = now(),
          rollups = CASE WHEN epoch > 0 THEN rollups ELSE ARRAY(SELECT id FROM streamagg.rollup WHERE pipeline = @pipeline ORDER BY name) END
        WHERE pipeline = @pipeline
        """;

    private const string Live =
        """
        SELECT DISTINCT h.bucket_start FROM (
          SELECT bucket_start FROM streamagg.partial
          WHERE pipeline = @pipeline AND rollup = 'platform' AND bucket_start >= @from AND bucket_start < @to
          UNION ALL
          SELECT bucket_start FROM streamagg.hour_base
          WHERE pipeline = @pipeline AND rollup = 'platform' AND bucket_start >= @from AND bucket_start < @to AND success_count + error_count > 0) h
        ORDER BY h.bucket_start
        """;

    /// <summary>
    /// Published once, and not closed now: a partition has come that has no watermark yet. Such rows could not be made smaller here, and never
    /// would be: for a publisher a larger row is somebody else's.
    /// </summary>
    private const string Reopened =
        """
        SELECT s.bucket_start FROM streamagg.hour_sketch s
        WHERE s.pipeline = @pipeline AND s.rollup = 'platform' AND s.bucket_start >= @from AND s.bucket_start < @to
          AND s.bucket_start > @closed - interval '1 hour'
        UNION
        SELECT s.bucket_date::timestamp AT TIME ZONE 'UTC' FROM streamagg.day_sketch s
        WHERE s.pipeline = @pipeline AND s.rollup = 'platform' AND s.bucket_date >= (@from AT TIME ZONE 'UTC')::date
          AND s.bucket_date <= ((@to - interval '1 second') AT TIME ZONE 'UTC')::date
          AND (s.bucket_date + 1)::timestamp AT TIME ZONE 'UTC' > @closed
        ORDER BY 1
        """;

    private const string DeletePartials =
        """
        DELETE FROM streamagg.partial t USING unnest(@topics, @partitions) AS v(topic, partition)
        WHERE t.pipeline = @pipeline AND t.topic = v.topic AND t.partition = v.partition AND t.rollup = ANY (@rollups)
          AND t.bucket_start >= @from AND t.bucket_start < @to
        RETURNING t.rollup, t.bucket_start, t.label, t.rev
        """;

    private const string LockBases =
        """
        SELECT rollup, bucket_start, label, rev FROM streamagg.hour_base
        WHERE pipeline = @pipeline AND rollup = ANY (@rollups) AND bucket_start >= @from AND bucket_start < @to
        ORDER BY rollup, bucket_start, label FOR UPDATE
        """;

    private const string Sketches =
        """
        SELECT rollup, bucket_start, label, input_rev FROM streamagg.hour_sketch
        WHERE pipeline = @pipeline AND rollup = ANY (@rollups) AND bucket_start >= @from AND bucket_start < @to
        """;

    private static readonly string PutBases =
        $"""
        INSERT INTO streamagg.hour_base AS b (pipeline, rollup, bucket_start, label, rev, {TotalsColumns.Names}, {DigestColumns.Names})
        SELECT @pipeline, v.rollup, v.bucket_start, v.label, v.rev, {TotalsColumns.Names}, {DigestColumns.Names}
        FROM unnest(@rollups, @hours, @labels, @revs, {DigestColumns.Arrays}, {TotalsColumns.Arrays})
          AS v(rollup, bucket_start, label, rev, {DigestColumns.Names}, {TotalsColumns.Names})
        ORDER BY v.rollup COLLATE "C", v.bucket_start, v.label COLLATE "C"
        ON CONFLICT (pipeline, rollup, bucket_start, label) DO UPDATE SET rev = EXCLUDED.rev, {TotalsColumns.Replace}, {DigestColumns.Replace}
        """;

    private readonly HourPublishing hours = new(pipeline, publishSchema, rollups);
    private readonly DayPublishing days = new(pipeline, publishSchema, rollups);

    public async Task<IReadOnlyList<CountedPartition>> ReadPositionsAsync(StoreTransaction transaction, bool isLocking)
    {
        var positions = new List<CountedPartition>();
        await transaction.QueryAsync(
            Positions + (isLocking ? " FOR UPDATE OF s" : ""),
            p => p.With("pipeline", pipeline),
            row => positions.Add(new CountedPartition(
                new SourcePartition(row.GetString(0), row.GetInt32(1)), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetString(3),
                Timestamps.ReadOptionalInstant(row, 4), Timestamps.ReadOptionalInstant(row, 5))));
        return positions;
    }

    public async Task<SwapResult> RunAsync(StoreTransaction transaction, HourSwap swap)
    {
        await transaction.QueryAsync(LockPipeline, p => p.With("pipeline", pipeline), _ => { });
        await RollupList.RequireAsync(transaction, pipeline, rollups);
        IReadOnlyList<CountedPartition> positions = await ReadPositionsAsync(transaction, isLocking: true);
        Instant closed = await ReadClosedAsync(transaction, swap);
        // What replaces from elsewhere comes by chunks: the day of one that ends in its middle is written by the last of them.
        if (swap.Kind != SwapKind.Replace && await ReadRefusingAsync(transaction, swap, closed) is { Count: > 0 } refusing)
            return new SwapResult(false, refusing, 0);
        long replayed = 0;
        await transaction.QueryAsync(ReplayStatements.Count, p => p.With("pipeline", pipeline), row => replayed = row.GetInt64(0));
        if (await swap.Contents(new CountedSoFar(positions, replayed)) is not { } contents)
            return new SwapResult(false, [], 0);

        if (swap.Kind != SwapKind.Fill)
            await transaction.ExecuteAsync(Fence, p => p.With("pipeline", pipeline));
        IReadOnlyList<CompleteRollup> touched = await CompleteRollups.TouchAsync(transaction, pipeline, rollups, swap);
        SortedDictionary<BucketKey<Hour>, long> revs = await TakeRevsAsync(transaction, swap, touched, positions);
        await PutAsync(transaction, revs, contents.Where(row => touched.Any(rollup => rollup.Name == row.Rollup)).ToDictionary(row => row.Key));
        // A partition that was claimed for the first time meanwhile may have folded into what was just written over.
        if ((await ReadPositionsAsync(transaction, isLocking: false)).Count != positions.Count)
            return new SwapResult(false, [], 0);
        await BackfilledHours.WriteAsync(transaction, pipeline, swap, contents);
        await HourMarks.WriteAsync(transaction, pipeline, revs.Keys);
        return new SwapResult(true, [], await PublishAsync(transaction, swap, touched, closed))
        {
            LeftOut = [.. rollups.Select(rollup => rollup.Name).Except(touched.Select(rollup => rollup.Name))],
        };
    }

    /// <summary>A recount from elsewhere is of hours that are over: those before its end are closed, whatever is still unread.</summary>
    private async Task<Instant> ReadClosedAsync(StoreTransaction transaction, HourSwap swap)
    {
        Instant? watermark = null;
        await transaction.QueryAsync(
            WatermarkSql.Smallest, p => WatermarkSql.Bind(p, pipeline, swap.Partitions), row => watermark = Timestamps.ReadOptionalInstant(row, 0));
        return swap.Kind == SwapKind.Rebuild ? watermark ?? Instant.MinValue : watermark is { } w && w > swap.To.Start ? w : swap.To.Start;
    }

    private async Task<List<Hour>> ReadRefusingAsync(StoreTransaction transaction, HourSwap swap, Instant closed)
    {
        var refusing = new List<Hour>();
        await transaction.QueryAsync(
            swap.Kind == SwapKind.Fill ? Live : Reopened, p => Bind(p, swap).With("closed", Timestamps.ToColumn(closed)),
            row => refusing.Add(Timestamps.ReadHour(row, 0)));
        return refusing;
    }

    /// <summary>Empties the hours.</summary>
    /// <returns>What is in them or was, with a rev that is larger than any that was published.</returns>
    private async Task<SortedDictionary<BucketKey<Hour>, long>> TakeRevsAsync(
        StoreTransaction transaction, HourSwap swap, IReadOnlyList<CompleteRollup> touched, IReadOnlyList<CountedPartition> positions)
    {
        string[] names = [.. touched.Select(rollup => rollup.Name)];
        var counted = new SortedDictionary<BucketKey<Hour>, long>();
        await transaction.QueryAsync(
            DeletePartials,
            p => Bind(p, swap).With("rollups", names).With("topics", positions.Select(position => position.Source.Topic).ToArray())
                .With("partitions", positions.Select(position => position.Source.Partition).ToArray()),
            row => Add(row.GetInt64(3), HourKeys.Read(row)));
        await transaction.QueryAsync(LockBases, p => Bind(p, swap).With("rollups", names), row => Add(row.GetInt64(3), HourKeys.Read(row)));
        await transaction.QueryAsync(Sketches, p => Bind(p, swap).With("rollups", names),
            row => counted[HourKeys.Read(row)] = Math.Max(counted.GetValueOrDefault(HourKeys.Read(row)), row.GetInt64(3)));
        // A row of others gives way to nothing at all, too, and its day is to be judged anew.
        foreach (string rollup in swap.Kind == SwapKind.Rebuild ? names : [])
            foreach (BucketKey<Hour> key in await hours.ReadPublishedAsync(transaction, rollup, swap.From, swap.To))
                Add(0, key);
        return counted;

        void Add(long rev, BucketKey<Hour> key) => counted[key] = counted.GetValueOrDefault(key) + rev;
    }

    private async Task PutAsync(
        StoreTransaction transaction, SortedDictionary<BucketKey<Hour>, long> revs, Dictionary<BucketKey<Hour>, PartialRow> contents)
    {
        foreach (BucketKey<Hour> key in contents.Keys.Concat(revs.Keys).Distinct().ToList())
            revs[key] = revs.GetValueOrDefault(key) + 1;
        foreach (var chunk in revs.Chunk(ChunkRows))
        {
            PartialRow[] rows = Array.ConvertAll(
                chunk,
                entry => contents.GetValueOrDefault(entry.Key)
                    ?? new PartialRow(entry.Key.Bucket, entry.Key.Label, default, default, entry.Key.Rollup));
            await transaction.ExecuteAsync(PutBases, p => TotalsColumns.Bind(
                DigestColumns.Bind(
                    p.With("pipeline", pipeline).With(Array.ConvertAll(rows, row => row.Key))
                        .With("revs", Array.ConvertAll(chunk, entry => entry.Value)),
                    Array.ConvertAll(rows, row => row.Digests)),
                Array.ConvertAll(rows, row => row.Totals)));
        }
    }

    /// <summary>Publishes what is closed of it, and the closed days it belongs to, as a publisher would.</summary>
    private async Task<int> PublishAsync(StoreTransaction transaction, HourSwap swap, IReadOnlyList<CompleteRollup> touched, Instant closed)
    {
        if (closed < swap.From.End)
            return 0;
        Hour to = swap.To.Start <= closed ? swap.To : closed.Hour;
        Day firstDay = swap.From.Day, endDay = new(new Hour(to.SinceEpoch - 1).Day.SinceEpoch + 1);
        int rows = await PublishAsync(transaction, hours, swap, touched, closed, swap.From, to);
        rows += await PublishAsync(transaction, days, swap, touched, closed, firstDay, endDay);
        // Of a day that the range holds in part alone nobody here can say that nothing was counted.
        Day firstWhole = Day.FirstFrom(swap.From.Start);
        if (swap.Kind == SwapKind.Rebuild && firstWhole.CompareTo(to.Day) < 0)
            rows += await days.DeleteUncountedAsync(transaction, touched.Select(rollup => rollup.Name), firstWhole, to.Day);
        return rows;
    }

    private static async Task<int> PublishAsync<TBucket, TColumn>(
        StoreTransaction transaction, BucketPublishing<TBucket, TColumn> publishing, HourSwap swap, IReadOnlyList<CompleteRollup> touched,
        Instant closed, TBucket from, TBucket to)
        where TBucket : IComparable<TBucket>
    {
        HashSet<BucketKey<TBucket>> ours = swap.Kind == SwapKind.Replace ? await publishing.ReadOursAsync(transaction, from, to) : [];
        return await PublishPass.RunAsync(
            limit => publishing.ReadAsync(transaction, touched, closed, from, to, limit),
            rows => publishing.WriteAsync(transaction, rows, key => swap.Kind == SwapKind.Rebuild || ours.Contains(key)),
            swap.Compression);
    }

    private NpgsqlParameterCollection Bind(NpgsqlParameterCollection parameters, HourSwap swap) => parameters
        .With("pipeline", pipeline).With("from", Timestamps.ToColumn(swap.From)).With("to", Timestamps.ToColumn(swap.To));
}
