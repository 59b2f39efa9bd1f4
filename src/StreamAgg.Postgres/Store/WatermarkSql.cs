using Npgsql;
using StreamAgg.Pipeline.Log;
using StreamAgg.Postgres.Columns;

namespace StreamAgg.Postgres.Store;

/// <summary>The smallest watermark over the partitions that the topics' metadata name.</summary>
internal static class WatermarkSql
{
    /// <summary>One row: null while a partition has no row or no watermark (it stands for minus infinity), or where there is no partition.</summary>
    public const string Smallest =
        """
        SELECT CASE WHEN count(s.watermark) = count(*) THEN min(s.watermark) END AS watermark
        FROM unnest(@topics, @partitions) AS v(topic, partition)
        LEFT JOIN streamagg.source_partition s ON s.pipeline = @pipeline AND s.topic = v.topic AND s.partition = v.partition
        """;

    public static NpgsqlParameterCollection Bind(
        NpgsqlParameterCollection parameters, string pipeline, IReadOnlyCollection<SourcePartition> partitions) =>
        parameters.With("pipeline", pipeline)
            .With("topics", partitions.Select(source => source.Topic).ToArray())
            .With("partitions", partitions.Select(source => source.Partition).ToArray());
}
