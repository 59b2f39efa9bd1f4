using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Schema;

namespace StreamAgg.Postgres.Store;

/// <summary>The statements that write one of the two tables that people read.</summary>
/// <param name="publishSchema">Where it lies.</param>
/// <param name="table">Which.</param>
/// <param name="sketches">The state's table that its rows were made from.</param>
internal sealed class PublishedTable(string publishSchema, RowTable table, string sketches)
{
    private static readonly string Columns = Figures.Counted.Each(figure => figure.Column);

    /// <summary>Inserts and updates what changes of the rows of (@buckets, @platforms) and <see cref="Bind"/>; returns the keys it wrote.</summary>
    // Not written: a row that would not change (computed_at is no value), and one that counts more than ours. Ours never count
    // less than they did, so such a row is somebody else's: an earlier batch job's, say, of which the log holds only a part.
    public readonly string Upsert = UpsertWhere(publishSchema, table, "EXCLUDED.request_count >= t.request_count AND ");

    /// <summary>The same, whatever the rows there count.</summary>
    public readonly string Overrule = UpsertWhere(publishSchema, table, "");

    /// <summary>Deletes the rows of (@buckets, @platforms).</summary>
    public readonly string Delete =
        $"""
        DELETE FROM {SqlIdentifier.Quote(publishSchema)}.{table.Name} t USING unnest(@buckets, @platforms) AS v(bucket, platform)
        WHERE t.{table.BucketColumn} = v.bucket AND t.platform = v.platform
        """;

    /// <summary>Deletes the rows from @from up to @to of which no sketch of this pipeline counts anything.</summary>
    public readonly string DeleteUncounted =
        $"""
        DELETE FROM {SqlIdentifier.Quote(publishSchema)}.{table.Name} t
        WHERE t.{table.BucketColumn} >= @from AND t.{table.BucketColumn} < @to AND NOT EXISTS (
          SELECT FROM {sketches} s
          WHERE s.pipeline = @pipeline AND s.{table.BucketColumn} = t.{table.BucketColumn} AND s.platform = t.platform AND s.success_count + s.error_count > 0)
        """;

    /// <summary>The keys of the rows there that count more than these do.</summary>
    public readonly string Larger =
        $"""
        SELECT t.{table.BucketColumn}, t.platform FROM {SqlIdentifier.Quote(publishSchema)}.{table.Name} t
        JOIN unnest(@buckets, @platforms, @request_count) AS v(bucket, platform, requests) ON t.{table.BucketColumn} = v.bucket AND t.platform = v.platform
        WHERE t.request_count > v.requests
        """;

    private static string UpsertWhere(string publishSchema, RowTable table, string condition) =>
        $"""
        INSERT INTO {SqlIdentifier.Quote(publishSchema)}.{table.Name} AS t ({table.BucketColumn}, platform, {Columns}, computed_at)
        SELECT v.*, now() FROM unnest(@buckets, @platforms, {Figures.Counted.Each(figure => $"@{figure.Column}")}) AS v(bucket, platform, {Columns})
        ORDER BY v.bucket, v.platform COLLATE "C"
        ON CONFLICT ({table.BucketColumn}, platform) DO UPDATE SET {Figures.All.Each(figure => $"{figure.Column} = EXCLUDED.{figure.Column}")}
        WHERE {condition}({Figures.Counted.Each(figure => $"t.{figure.Column}")}) IS DISTINCT FROM ({Figures.Counted.Each(figure => $"EXCLUDED.{figure.Column}")})
        RETURNING t.{table.BucketColumn}, t.platform
        """;

    public static void Bind<TBucket>(NpgsqlParameterCollection parameters, Publication<TBucket>[] rows)
        where TBucket : IComparable<TBucket>
    {
        foreach (Figure figure in Figures.Counted)
        {
            object?[] values = Array.ConvertAll(rows, row => figure.Of(row.Totals, row.P99Milliseconds));
            if (figure.SqlType == Figures.Count)
                parameters.With(figure.Column, Array.ConvertAll(values, value => (long)value!));
            else
                parameters.With(figure.Column, Array.ConvertAll(values, value => (double?)value));
        }
    }
}
