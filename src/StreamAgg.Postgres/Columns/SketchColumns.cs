using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Digests;

namespace StreamAgg.Postgres.Columns;

/// <summary>The columns of a sketch: totals, and the centroids of each spread's digest.</summary>
/// <remarks>
/// <c>unnest</c> can't take arrays of arrays of different lengths, so the centroids of all rows lie in four flat arrays, and each row
/// takes its slice. A row without values has first &gt; last: null.
/// </remarks>
internal static class SketchColumns
{
    private static readonly string[] Slices = ["lows", "highs", "means", "weights"], Scalars = ["compression", "boundary_doubt", "first", "last"],
        Digest = ["compression", "boundary_doubt", .. Slices];

    /// <summary>The latencies' digest alone, without a prefix.</summary>
    public static readonly string DigestNames = Digest.Each(column => column);

    public static readonly string Names = $"{TotalsColumns.Names}, {OfEach(Digest, (prefix, column) => prefix + column)}";

    public static readonly string Arrays = $"{OfEach(Scalars, (prefix, column) => $"@{prefix}{column}")}, {TotalsColumns.Arrays}";

    /// <summary>Names of the columns of <see cref="Arrays"/>, unnested.</summary>
    public static readonly string ArrayNames = $"{OfEach(Scalars, (prefix, column) => prefix + column)}, {TotalsColumns.Names}";

    /// <summary>The values of <see cref="Names"/>, of a row <c>v</c> of the unnested arrays.</summary>
    public static readonly string Values = $"{TotalsColumns.Names}, {OfEach(Digest, (prefix, column) => Slices.Contains(column)
        ? $"CASE WHEN v.{prefix}first <= v.{prefix}last THEN (@{prefix}{column})[v.{prefix}first:v.{prefix}last] END" : $"v.{prefix}{column}")}";

    public static readonly string Replace =
        $"{TotalsColumns.Replace}, {OfEach(Digest, (prefix, column) => $"{prefix}{column} = EXCLUDED.{prefix}{column}")}";

    public static void Bind(NpgsqlParameterCollection parameters, (BucketTotals Totals, SpreadCentroids Centroids)[] rows)
    {
        TotalsColumns.Bind(parameters, Array.ConvertAll(rows, row => row.Totals));
        for (int spread = 0; spread < Spreads.Length; spread++)
            Bind(parameters, Spreads.All[spread].DigestPrefix, Array.ConvertAll(rows, row => row.Centroids[spread]));
    }

    /// <summary>Reads <see cref="Names"/> from <paramref name="ordinal"/> on.</summary>
    public static (BucketTotals Totals, SpreadCentroids Centroids) Read(NpgsqlDataReader row, int ordinal) =>
        (TotalsColumns.Read(row, ordinal), new SpreadCentroids(
            ReadDigest(row, ordinal + TotalsColumns.Count), ReadDigest(row, ordinal + TotalsColumns.Count + Digest.Length)));

    /// <summary>Reads a digest's columns from <paramref name="ordinal"/> on; null where there are no values.</summary>
    public static DigestCentroids? ReadDigest(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal)
        ? null
        : new DigestCentroids(
            row.GetInt32(ordinal),
            row.GetFieldValue<double[]>(ordinal + 2),
            row.GetFieldValue<double[]>(ordinal + 3),
            row.GetFieldValue<double[]>(ordinal + 4),
            row.GetFieldValue<long[]>(ordinal + 5),
            row.GetDouble(ordinal + 1));

    private static void Bind(NpgsqlParameterCollection parameters, string prefix, DigestCentroids?[] rows)
    {
        int[] last = new int[rows.Length];
        for (int i = 0; i < rows.Length; i++)
            last[i] = (i > 0 ? last[i - 1] : 0) + (rows[i]?.Means.Length ?? 0);
        parameters.With($"{prefix}compression", Array.ConvertAll(rows, row => row?.Compression))
            .With($"{prefix}boundary_doubt", Array.ConvertAll(rows, row => row?.BoundaryDoubt))
            .With($"{prefix}first", (int[])[.. last.Prepend(0).SkipLast(1).Select(before => before + 1)]) // SQL counts from 1
            .With($"{prefix}last", last)
            .With($"{prefix}lows", Flat(row => row.Lows)).With($"{prefix}highs", Flat(row => row.Highs))
            .With($"{prefix}means", Flat(row => row.Means)).With($"{prefix}weights", Flat(row => row.Weights));

        T[] Flat<T>(Func<DigestCentroids, T[]> slice) => [.. rows.SelectMany(row => row is null ? [] : slice(row))];
    }

    private static string OfEach(string[] columns, Func<string, string, string> text) =>
        Spreads.All.SelectMany(spread => columns.Select(column => text(spread.DigestPrefix, column))).Each(column => column);
}
