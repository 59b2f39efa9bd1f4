using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Writes gaps, each once however often it is said.</summary>
internal static class GapStatement
{
    // A gap that begins at the same offset of the same incarnation is the same gap; the log's start may have moved on since it was
    // first said, then it ends later. Its time stays that of the first record.
    private const string Sql =
        """
        INSERT INTO streamagg.gap AS g (pipeline, topic, partition, topic_id, from_offset, to_offset, reason)
        SELECT @pipeline, v.topic, v.partition, COALESCE(s.topic_id, ''), v.first, v.after, v.reason
        FROM unnest(@topics, @partitions, @first, @after, @reasons) AS v(topic, partition, first, after, reason)
        LEFT JOIN streamagg.source_partition s ON s.pipeline = @pipeline AND s.topic = v.topic AND s.partition = v.partition
        ORDER BY v.topic COLLATE "C", v.partition, v.first
        ON CONFLICT (pipeline, topic, partition, topic_id, from_offset) DO UPDATE
          SET to_offset = CASE WHEN EXCLUDED.to_offset IS NOT NULL THEN GREATEST(g.to_offset, EXCLUDED.to_offset) END, reason = EXCLUDED.reason
          WHERE g.to_offset IS DISTINCT FROM EXCLUDED.to_offset
        """;

    public static Task RecordAsync(StoreTransaction transaction, string pipeline, IReadOnlyList<Gap> gaps)
    {
        // Said twice in one statement is an error of SQL's own (21000), so each start once, with the farthest end.
        Gap[] distinct = [.. gaps.GroupBy(gap => (gap.Source, gap.FromOffset)).Select(same => same.MaxBy(gap => gap.ToOffset ?? long.MaxValue)!)];
        return transaction.ExecuteAsync(Sql, p => p
            .With("pipeline", pipeline)
            .With("topics", distinct.Select(gap => gap.Source.Topic).ToArray())
            .With("partitions", distinct.Select(gap => gap.Source.Partition).ToArray())
            .With("first", distinct.Select(gap => gap.FromOffset).ToArray())
            .With("after", distinct.Select(gap => gap.ToOffset).ToArray())
            .With("reasons", distinct.Select(gap => gap.Reason).ToArray()));
    }
}
