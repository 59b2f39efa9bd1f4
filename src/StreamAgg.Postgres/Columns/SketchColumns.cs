using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Digests;

namespace StreamAgg.Postgres.Columns;

/// <summary>The columns of a sketch: totals and the digest's centroids.</summary>
/// <remarks>
/// <c>unnest</c> can't take arrays of arrays of different lengths, so the centroids of all rows lie in four flat arrays, and each row
/// takes its slice. A row without durations has first &gt; last: null.
/// </remarks>
internal static class SketchColumns
{
    private static readonly string[] Slices = ["lows", "highs", "means", "weights"], Digest = ["compression", "boundary_doubt", .. Slices];

    /// <summary>The digest's alone.</summary>
    public static readonly string DigestNames = Digest.Each(column => column);

    public static readonly string Names = $"{TotalsColumns.Names}, {DigestNames}";

    public static readonly string Arrays = $"@compressions, @doubts, @first, @last, {TotalsColumns.Arrays}";

    /// <summary>Names of the columns of <see cref="Arrays"/>, unnested.</summary>
    public static readonly string ArrayNames = $"compression, boundary_doubt, first, last, {TotalsColumns.Names}";

    /// <summary>The values of <see cref="Names"/>, of a row <c>v</c> of the unnested arrays.</summary>
    public static readonly string Values =
        $"{TotalsColumns.Names}, v.compression, v.boundary_doubt, {Slices.Each(column => $"CASE WHEN v.first <= v.last THEN (@{column})[v.first:v.last] END")}";

    public static readonly string Replace = $"{TotalsColumns.Replace}, {Digest.Each(column => $"{column} = EXCLUDED.{column}")}";

    public static void Bind(NpgsqlParameterCollection parameters, (BucketTotals Totals, DigestCentroids? Centroids)[] rows)
    {
        TotalsColumns.Bind(parameters, Array.ConvertAll(rows, row => row.Totals));
        int[] last = new int[rows.Length];
        for (int i = 0; i < rows.Length; i++)
            last[i] = (i > 0 ? last[i - 1] : 0) + (rows[i].Centroids?.Means.Length ?? 0);
        parameters.With("compressions", Array.ConvertAll(rows, row => row.Centroids?.Compression))
            .With("doubts", Array.ConvertAll(rows, row => row.Centroids?.BoundaryDoubt))
            .With("first", (int[])[.. last.Prepend(0).SkipLast(1).Select(before => before + 1)]) // SQL counts from 1
            .With("last", last)
            .With("lows", Flat(centroids => centroids.Lows)).With("highs", Flat(centroids => centroids.Highs))
            .With("means", Flat(centroids => centroids.Means)).With("weights", Flat(centroids => centroids.Weights));

        T[] Flat<T>(Func<DigestCentroids, T[]> slice) => [.. rows.SelectMany(row => row.Centroids is { } centroids ? slice(centroids) : [])];
    }

    /// <summary>Reads <see cref="Names"/> from <paramref name="ordinal"/> on.</summary>
    public static (BucketTotals Totals, DigestCentroids? Centroids) Read(NpgsqlDataReader row, int ordinal) =>
        (TotalsColumns.Read(row, ordinal), ReadDigest(row, ordinal + TotalsColumns.Count));

    /// <summary>Reads <see cref="DigestNames"/> from <paramref name="ordinal"/> on; null where there are no durations.</summary>
    public static DigestCentroids? ReadDigest(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal)
        ? null
        : new DigestCentroids(
            row.GetInt32(ordinal),
            row.GetFieldValue<double[]>(ordinal + 2),
            row.GetFieldValue<double[]>(ordinal + 3),
            row.GetFieldValue<double[]>(ordinal + 4),
            row.GetFieldValue<long[]>(ordinal + 5),
            row.GetDouble(ordinal + 1));
}
