namespace StreamAgg.Digests;

/// <summary>A digest's final centroids as plain arrays, in ascending order: what the SQL sketch tables hold.</summary>
/// <param name="Compression">20 to 1,000.</param>
/// <param name="Lows">Of each centroid the smallest value, above the largest one of the centroid before.</param>
/// <param name="Highs">Of each centroid the largest value; the first and the last centroid are of one value, the minimum and the maximum.</param>
/// <param name="Means">From <paramref name="Lows"/> to <paramref name="Highs"/>.</param>
/// <param name="Weights">At least 1 each, 2 where the values differ; they sum to the count.</param>
/// <param name="BoundaryDoubt">By how many full cells the rank of a boundary between centroids may be off.</param>
public sealed record DigestCentroids(int Compression, double[] Lows, double[] Highs, double[] Means, long[] Weights, double BoundaryDoubt);
