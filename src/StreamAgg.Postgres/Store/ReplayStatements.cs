using System.Text.Json;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Recounting;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Postgres.Store;

/// <summary>Counts refused events after all, each at most once: its place in the source is its key.</summary>
/// <param name="pipeline">Leads every key.</param>
/// <param name="rollups">What they count in.</param>
internal sealed class ReplayStatements(string pipeline, IReadOnlyList<Rollup> rollups)
{
    private const string LockPipeline = "SELECT FROM streamagg.pipeline WHERE id = @pipeline FOR SHARE";

    private static readonly string Remember =
        $"""
        INSERT INTO streamagg.dead_letter_replay (pipeline, topic, partition, "offset", event_index, record_time, bucket_start, label, others, {TotalsColumns.Names})
        SELECT @pipeline, v.topic, v.partition, v.at, v.event_index, v.record_time, v.bucket_start, v.label, v.others::jsonb, {TotalsColumns.Names}
        FROM unnest(@topics, @partitions, @offsets, @indexes, @times, @hours, @labels, @others, {TotalsColumns.Arrays})
          AS v(topic, partition, at, event_index, record_time, bucket_start, label, others, {TotalsColumns.Names})
        ORDER BY v.topic COLLATE "C", v.partition, v.at, v.event_index, v.record_time
        ON CONFLICT DO NOTHING
        RETURNING topic, partition, "offset", event_index, record_time
        """;

    public const string Count = "SELECT count(*) FROM streamagg.dead_letter_replay WHERE pipeline = @pipeline";

    private static readonly string All =
        $"""
        SELECT topic, partition, "offset", event_index, record_time, bucket_start, label, others::text, {TotalsColumns.Names} FROM streamagg.dead_letter_replay
        WHERE pipeline = @pipeline
        """;

    private readonly FoldStatements folds = new(pipeline);
    private readonly Rollup[] unbounded = [.. rollups.Select(rollup => rollup with { MaxKeys = int.MaxValue })];

    public async Task<int> RunAsync(StoreTransaction transaction, IReadOnlyList<ReplayedEvent> events, int compression)
    {
        ReplayedEvent[] all = [.. events];
        await transaction.QueryAsync(LockPipeline, p => p.With("pipeline", pipeline), _ => { });
        await RollupList.RequireAsync(transaction, pipeline, rollups);
        var fresh = new HashSet<(string, int, long, int, long)>();
        await transaction.QueryAsync(
            Remember,
            p => TotalsColumns.Bind(
                p.With("pipeline", pipeline)
                    .With("topics", Array.ConvertAll(all, e => e.Source.Topic))
                    .With("partitions", Array.ConvertAll(all, e => e.Source.Partition))
                    .With("offsets", Array.ConvertAll(all, e => e.Offset))
                    .With("indexes", Array.ConvertAll(all, e => e.EventIndex))
                    .With("times", Array.ConvertAll(all, e => e.RecordTime))
                    .With("hours", Array.ConvertAll(all, e => Timestamps.ToColumn(e.Key.Bucket)))
                    .With("labels", Array.ConvertAll(all, e => e.Key.Label))
                    .With("others", Array.ConvertAll(all, e => JsonSerializer.Serialize(e.Others))),
                Array.ConvertAll(all, e => e.Totals)),
            row => fresh.Add((row.GetString(0), row.GetInt32(1), row.GetInt64(2), row.GetInt32(3), row.GetInt64(4))));
        ReplayedEvent[] counted =
            Array.FindAll(all, e => fresh.Remove((e.Source.Topic, e.Source.Partition, e.Offset, e.EventIndex, e.RecordTime)));
        if (counted.Length == 0)
            return 0;
        var added = new HourRecount(default, default, unbounded, compression);
        foreach (PartialRow row in counted.SelectMany(e => e.ToRows(rollups, compression)))
            added.Add(row);
        await folds.AddAsync(transaction, added.Rows());
        await HourMarks.WriteAsync(transaction, pipeline, added.Rows().Select(row => row.Key));
        return counted.Length;
    }

    public async Task<IReadOnlyList<ReplayedEvent>> ReadAsync(StoreTransaction transaction)
    {
        var events = new List<ReplayedEvent>();
        await transaction.QueryAsync(
            All,
            p => p.With("pipeline", pipeline),
            row => events.Add(new ReplayedEvent(
                new SourcePartition(row.GetString(0), row.GetInt32(1)), row.GetInt64(2), row.GetInt32(3), row.GetInt64(4),
                new BucketKey<Hour>(Timestamps.ReadHour(row, 5), row.GetString(6)), TotalsColumns.Read(row, 8))
            {
                Others = JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(7))!,
            }));
        return events;
    }
}
