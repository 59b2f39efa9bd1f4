using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Adds a checkpoint's outcomes to the tally, and what has grown old to its one row: the table stays small by itself.</summary>
internal static class TallyStatement
{
    // Deleted and written rows are never the same (old minutes go, the present one and -infinity come), as one statement must have it.
    // No other transaction touches a partition's rows: the checkpoint holds the lock of its row in source_partition.
    private const string Sql =
        """
        WITH told AS (
          SELECT * FROM unnest(@topics, @partitions, @outcomes, @reasons, @events) AS v(topic, partition, outcome, reason, events)
        ), old AS (
          DELETE FROM streamagg.event_tally t USING (SELECT DISTINCT topic, partition FROM told) s
          WHERE t.pipeline = @pipeline AND t.topic = s.topic AND t.partition = s.partition
            AND t.minute > '-infinity' AND t.minute < date_trunc('minute', now()) - interval '2 hours'
          RETURNING t.topic, t.partition, t.outcome, t.reason, t.events
        )
        INSERT INTO streamagg.event_tally AS t (pipeline, topic, partition, minute, outcome, reason, events)
        SELECT @pipeline, topic, partition, minute, outcome, reason, sum(events)::bigint FROM (
          SELECT topic, partition, '-infinity'::timestamptz AS minute, outcome, reason, events FROM old
          UNION ALL SELECT topic, partition, date_trunc('minute', now()), outcome, reason, events FROM told) rows
        GROUP BY topic, partition, minute, outcome, reason
        ON CONFLICT (pipeline, topic, partition, minute, outcome, reason) DO UPDATE SET events = t.events + EXCLUDED.events
        """;

    public static async Task AddAsync(StoreTransaction transaction, string pipeline, IReadOnlyList<PartitionCheckpoint> partitions)
    {
        var told = partitions.SelectMany(p => p.Outcomes.Select(outcome => (p.Source, outcome))).ToArray();
        if (told.Length == 0)
            return;
        await transaction.ExecuteAsync(Sql, p => p
            .With("pipeline", pipeline)
            .With("topics", Array.ConvertAll(told, row => row.Source.Topic))
            .With("partitions", Array.ConvertAll(told, row => row.Source.Partition))
            .With("outcomes", Array.ConvertAll(told, row => row.outcome.Outcome))
            .With("reasons", Array.ConvertAll(told, row => row.outcome.Reason))
            .With("events", Array.ConvertAll(told, row => row.outcome.Events)));
    }
}
