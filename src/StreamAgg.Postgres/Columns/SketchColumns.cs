using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Digests;

namespace StreamAgg.Postgres.Columns;

/// <summary>The columns of a sketch: totals and the digest's centroids.</summary>
/// <remarks>
/// <c>unnest</c> can't take arrays of arrays of different lengths, so the centroids of all rows lie in four flat arrays, and each row
/// takes its slice. A row without durations has first &gt; last: null.
/// </remarks>
internal sealed class SketchColumns
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

    private readonly TotalsColumns totals;
    private readonly int?[] compressions;
    private readonly int[] first, last;
    private readonly double?[] doubts;
    private readonly double[] lows, highs, means;
    private readonly long[] weights;

    public SketchColumns(IReadOnlyList<(BucketTotals Totals, DigestCentroids? Centroids)> rows)
    {
        totals = new TotalsColumns(rows.Count);
        compressions = new int?[rows.Count];
        first = new int[rows.Count];
        last = new int[rows.Count];
        int length = rows.Sum(row => row.Centroids?.Means.Length ?? 0), at = 0;
        doubts = new double?[rows.Count];
        lows = new double[length];
        highs = new double[length];
        means = new double[length];
        weights = new long[length];
        for (int i = 0; i < rows.Count; i++)
        {
            totals.Set(i, rows[i].Totals);
            DigestCentroids? centroids = rows[i].Centroids;
            compressions[i] = centroids?.Compression;
            doubts[i] = centroids?.BoundaryDoubt;
            first[i] = at + 1; // SQL counts from 1
            if (centroids is not null)
            {
                centroids.Lows.CopyTo(lows, at);
                centroids.Highs.CopyTo(highs, at);
                centroids.Means.CopyTo(means, at);
                centroids.Weights.CopyTo(weights, at);
                at += centroids.Means.Length;
            }
            last[i] = at;
        }
    }

    public void Bind(NpgsqlParameterCollection parameters)
    {
        parameters.With("compressions", compressions).With("doubts", doubts).With("first", first).With("last", last)
            .With("lows", lows).With("highs", highs).With("means", means).With("weights", weights);
        totals.Bind(parameters);
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
