using Npgsql;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>A rollup that may be published.</summary>
/// <param name="From">The first hour of which every event was read by members that know it; the smallest time: all.</param>
internal sealed record CompleteRollup(string Name, Instant From);

/// <summary>Which rollups may be published, and from when on.</summary>
internal static class CompleteRollups
{
    /// <summary>Where none is configured.</summary>
    public static readonly IReadOnlyList<Rollup> Default = [Rollup.ByPlatform(int.MaxValue)];

    // A partition whose owner claimed it before the rollup was there may be counting on without it: until it is claimed again nobody can tell
    // what is missing.
    private const string Sql =
        """
        SELECT r.name, r.complete_from FROM streamagg.rollup r WHERE r.pipeline = @pipeline AND NOT EXISTS (
          SELECT FROM unnest(@topics, @partitions) AS v(topic, partition)
          JOIN streamagg.source_partition s ON s.pipeline = @pipeline AND s.topic = v.topic AND s.partition = v.partition
          WHERE s.epoch > 0 AND NOT r.id = ANY (s.rollups))
        """;

    /// <summary>Those of a list that are in the database and that the owners of all partitions count.</summary>
    public static async Task<IReadOnlyList<CompleteRollup>> ReadAsync(
        StoreTransaction transaction, string pipeline, IReadOnlyList<Rollup> rollups, IReadOnlyCollection<SourcePartition> partitions)
    {
        var complete = new List<CompleteRollup> { new(Rollup.Platform, Instant.MinValue) };
        // Where there is no other one nothing is asked.
        if (rollups.Count > 1)
            await transaction.QueryAsync(Sql, p => WatermarkSql.Bind(p, pipeline, partitions), row =>
            {
                if (rollups.Any(rollup => rollup.Name == row.GetString(0)))
                    complete.Add(new CompleteRollup(row.GetString(0), Timestamps.ReadInstant(row, 1)));
            });
        return complete;
    }

    /// <summary>Those that a swap takes in, each from the swap's first hour on: what it counts anew reaches to where they are complete.</summary>
    /// <remarks>Of the others nothing is known of these hours from now on.</remarks>
    public static async Task<IReadOnlyList<CompleteRollup>> TouchAsync(
        StoreTransaction transaction, string pipeline, IReadOnlyList<Rollup> rollups, HourSwap swap)
    {
        var touched = new List<CompleteRollup>();
        foreach (CompleteRollup rollup in await ReadAsync(transaction, pipeline, rollups, swap.Partitions))
            if (rollup.Name == Rollup.Platform || (swap.LeftOut.Contains(rollup.Name) is false && rollup.From <= swap.To.Start))
                touched.Add(rollup with { From = Instant.Min(rollup.From, swap.From.Start) });
        if (rollups.Count > 1)
            await transaction.ExecuteAsync(
                """
                UPDATE streamagg.rollup SET complete_from = CASE WHEN name = ANY (@touched) THEN LEAST(complete_from, @from) ELSE GREATEST(complete_from, @to) END
                WHERE pipeline = @pipeline
                """,
                p => p.With("pipeline", pipeline).With("touched", touched.Select(rollup => rollup.Name).ToArray())
                    .With("from", Timestamps.ToColumn(swap.From)).With("to", Timestamps.ToColumn(swap.To)));
        return touched;
    }

    /// <summary>As @rollups and @complete.</summary>
    public static NpgsqlParameterCollection Bind(NpgsqlParameterCollection parameters, IReadOnlyList<CompleteRollup> complete) => parameters
        .With("rollups", complete.Select(rollup => rollup.Name).ToArray())
        .With("complete", complete.Select(rollup => Timestamps.ToColumn(rollup.From)).ToArray());
}
