using Npgsql;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Digests;

namespace StreamAgg.Postgres.Columns;

/// <summary>The columns of a sketch: totals and the digest's centroids.</summary>
/// <remarks>
/// <c>unnest</c> can't take arrays of arrays of different lengths, so the centroids of all rows lie in three flat arrays, and each row
/// takes its slice. A row without durations has first &gt; last: null.
/// </remarks>
internal sealed class SketchColumns
{
    public const string Names = $"{TotalsColumns.Names}, compression, means, weights, pure";

    public const string Arrays = $"@compressions, @first, @last, {TotalsColumns.Arrays}";

    /// <summary>Names of the columns of <see cref="Arrays"/>, unnested.</summary>
    public const string ArrayNames = $"compression, first, last, {TotalsColumns.Names}";

    /// <summary>The values of <see cref="Names"/>, of a row <c>v</c> of the unnested arrays.</summary>
    public const string Values =
        $"""
        {TotalsColumns.Names}, v.compression, CASE WHEN v.first <= v.last THEN (@means)[v.first:v.last] END,
          CASE WHEN v.first <= v.last THEN (@weights)[v.first:v.last] END, CASE WHEN v.first <= v.last THEN (@pure)[v.first:v.last] END
        """;

    public const string Replace =
        $"{TotalsColumns.Replace}, compression = EXCLUDED.compression, means = EXCLUDED.means, weights = EXCLUDED.weights, pure = EXCLUDED.pure";

    private readonly TotalsColumns totals;
    private readonly int?[] compressions;
    private readonly int[] first, last;
    private readonly double[] means;
    private readonly long[] weights;
    private readonly bool[] pure;

    public SketchColumns(IReadOnlyList<(BucketTotals Totals, DigestCentroids? Centroids)> rows)
    {
        totals = new TotalsColumns(rows.Count);
        compressions = new int?[rows.Count];
        first = new int[rows.Count];
        last = new int[rows.Count];
        int length = rows.Sum(row => row.Centroids?.Means.Length ?? 0), at = 0;
        means = new double[length];
        weights = new long[length];
        pure = new bool[length];
        for (int i = 0; i < rows.Count; i++)
        {
            totals.Set(i, rows[i].Totals);
            DigestCentroids? centroids = rows[i].Centroids;
            compressions[i] = centroids?.Compression;
            first[i] = at + 1; // SQL counts from 1
            if (centroids is not null)
            {
                centroids.Means.CopyTo(means, at);
                centroids.Weights.CopyTo(weights, at);
                centroids.Pure.CopyTo(pure, at);
                at += centroids.Means.Length;
            }
            last[i] = at;
        }
    }

    public void Bind(NpgsqlParameterCollection parameters)
    {
        parameters.With("compressions", compressions).With("first", first).With("last", last)
            .With("means", means).With("weights", weights).With("pure", pure);
        totals.Bind(parameters);
    }

    /// <summary>Reads <see cref="Names"/> from <paramref name="ordinal"/> on.</summary>
    public static (BucketTotals Totals, DigestCentroids? Centroids) Read(NpgsqlDataReader row, int ordinal)
    {
        BucketTotals read = TotalsColumns.Read(row, ordinal);
        int at = ordinal + TotalsColumns.Count;
        if (row.IsDBNull(at))
            return (read, null);
        return (read, new DigestCentroids(
            row.GetInt32(at),
            row.GetFieldValue<double[]>(at + 1),
            row.GetFieldValue<long[]>(at + 2),
            row.GetFieldValue<bool[]>(at + 3),
            read.DurationMinMicros,
            read.DurationMaxMicros));
    }
}
