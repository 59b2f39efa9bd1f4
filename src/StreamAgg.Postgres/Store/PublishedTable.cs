using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;

namespace StreamAgg.Postgres.Store;

/// <summary>The statements that write a table that people read.</summary>
internal sealed class PublishedTable
{
    private readonly Figure[] counted;

    /// <param name="rollup">Whose rows it has.</param>
    /// <param name="table">Which.</param>
    /// <param name="publishSchema">Where it lies, unless it is the state's.</param>
    /// <param name="sketches">The state's table that its rows were made from.</param>
    public PublishedTable(Rollup rollup, RowTable table, string publishSchema, string sketches)
    {
        counted = [.. table.Figures.Counted()];
        var key = new TableKey(table, publishSchema);
        string bucket = table.BucketColumn, values = "unnest(@buckets, @labels) AS v(bucket, label)";
        string columns = counted.Each(figure => figure.Column);
        Upsert = UpsertWhere("EXCLUDED.request_count >= t.request_count AND ");
        Overrule = UpsertWhere("");
        Delete = $"DELETE FROM {key.Table} t USING {values} WHERE {key.Matches("v.bucket", "v.label")}";
        DeleteUncounted =
            $"""
            DELETE FROM {key.Table} t WHERE {key.IsOurs} AND t.{bucket} >= @from AND t.{bucket} < @to AND NOT EXISTS (
              SELECT FROM {sketches} s WHERE s.pipeline = @pipeline AND s.rollup = '{rollup.Name}' AND s.{bucket} = t.{bucket}
                AND s.label = {key.Label} AND s.success_count + s.error_count > 0)
            """;
        Larger =
            $"""
            SELECT t.{bucket}, {key.Label}, t.request_count FROM {key.Table} t
            JOIN unnest(@buckets, @labels, @request_count) AS v(bucket, label, requests) ON {key.Matches("v.bucket", "v.label")}
            WHERE t.request_count > v.requests
            """;
        Keys = $"SELECT t.{bucket}, {key.Label} FROM {key.Table} t WHERE {key.IsOurs} AND t.{bucket} >= @from AND t.{bucket} < @to";

        string UpsertWhere(string condition) =>
            $"""
            INSERT INTO {key.Table} AS t ({key.Columns}, {columns}, computed_at)
            SELECT {key.Values}, {counted.Each(figure => $"v.{figure.Column}")}, now()
            FROM unnest(@buckets, @labels, {counted.Each(figure => $"@{figure.Column}")}) AS v(bucket, label, {columns})
            ORDER BY v.bucket, v.label COLLATE "C"
            ON CONFLICT ({key.Columns}) DO UPDATE SET {table.Figures.Each(figure => $"{figure.Column} = EXCLUDED.{figure.Column}")}
            WHERE {condition}({counted.Each(figure => $"t.{figure.Column}")}) IS DISTINCT FROM ({counted.Each(figure => $"EXCLUDED.{figure.Column}")})
            RETURNING t.{bucket}, {key.Label}
            """;
    }

    /// <summary>Inserts and updates what changes of the rows of (@buckets, @labels) and <see cref="Bind"/>; returns the keys it wrote.</summary>
    // Not written: a row that would not change (computed_at is no value), and one that counts more than ours. Unless it is what we have shown
    // ourselves, such a row is somebody else's: an earlier batch job's, say, of which the log holds only a part.
    public string Upsert { get; }

    /// <summary>The same, whatever the rows there count.</summary>
    public string Overrule { get; }

    /// <summary>Deletes the rows of (@buckets, @labels).</summary>
    public string Delete { get; }

    /// <summary>Deletes the rows from @from up to @to of which no sketch of this pipeline counts anything.</summary>
    public string DeleteUncounted { get; }

    /// <summary>The keys of the rows there that count more than these do, and what they count.</summary>
    public string Larger { get; }

    /// <summary>The keys from @from up to @to, whoever wrote them.</summary>
    public string Keys { get; }

    public void Bind<TBucket>(NpgsqlParameterCollection parameters, Publication<TBucket>[] rows)
        where TBucket : IComparable<TBucket>
    {
        foreach (Figure figure in counted)
        {
            object?[] values = Array.ConvertAll(rows, row => figure.Of(row.Contents));
            if (figure.SqlType == Figures.Count)
                parameters.With(figure.Column, Array.ConvertAll(values, value => (long)value!));
            else if (figure.SqlType == Figures.Money)
                parameters.With(figure.Column, Array.ConvertAll(values, value => (decimal)value!));
            else
                parameters.With(figure.Column, Array.ConvertAll(values, value => (double?)value));
        }
    }
}
