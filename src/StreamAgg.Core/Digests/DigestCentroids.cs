namespace StreamAgg.Core.Digests;

/// <summary>A digest's final centroids as plain arrays, in ascending order: what the SQL sketch tables hold.</summary>
/// <param name="Compression">20 to 1,000.</param>
/// <param name="Means">Finite, ascending.</param>
/// <param name="Weights">At least 1 each; they sum to the count.</param>
/// <param name="Pure">True where every value of the centroid equals its mean.</param>
/// <param name="Min">The smallest value; NaN where there is none.</param>
/// <param name="Max">The largest value; NaN where there is none.</param>
public sealed record DigestCentroids(int Compression, double[] Means, long[] Weights, bool[] Pure, double Min, double Max)
{
    /// <summary>By how many full cells the rank of a boundary between centroids may be off; not stored in SQL, so 2, a merge of merges, unless said.</summary>
    public double BoundaryDoubt { get; init; } = 2;
}
