using StreamAgg.Digests.Cells;
using StreamAgg.Digests.Storing;

namespace StreamAgg.Digests;

public sealed partial class TDigest
{
    /// <summary>The final form as plain arrays, as the SQL sketch tables hold it: the cells that <see cref="ToBytes"/> writes.</summary>
    public DigestCentroids ToCentroids()
    {
        StoredForm form = Stored();
        return new DigestCentroids(
            Compression,
            Array.ConvertAll(form.Cells, static cell => cell.Low),
            Array.ConvertAll(form.Cells, static cell => cell.High),
            Array.ConvertAll(form.Cells, static cell => cell.Mean),
            Array.ConvertAll(form.Cells, static cell => cell.Weight),
            form.Doubt);
    }

    /// <summary>The digest that <see cref="ToCentroids"/> describes; false, and an empty digest, where the arrays contradict each other.</summary>
    /// <param name="centroids">Of whatever making: all of it is checked. The arrays are copied.</param>
    public static bool TryFromCentroids(DigestCentroids centroids, out TDigest digest)
    {
        (int compression, double[] lows, double[] highs, double[] means, long[] weights, double boundaryDoubt) = centroids;
        digest = new TDigest();
        if (compression is < MinCompression or > MaxCompression || means.Length > compression || !(boundaryDoubt >= 0)
            || lows.Length != means.Length || highs.Length != means.Length || weights.Length != means.Length)
            return false;
        Span<Cell> read = stackalloc Cell[means.Length];
        for (int i = 0; i < read.Length; i++)
        {
            read[i] = new Cell(lows[i], highs[i], means[i], weights[i]);
            bool isWithin = lows[i] <= means[i] && means[i] <= highs[i] && double.IsFinite(lows[i]) && double.IsFinite(highs[i]);
            // A single value cannot differ from itself.
            if (!isWithin || weights[i] < (read[i].IsPure ? 1 : 2))
                return false;
        }
        if (!StoredForm.TryRestore(compression, read, boundaryDoubt, out long count))
            return false;
        digest = new TDigest(compression, read, count, EndRounding.MeansAreExact(read));
        return true;
    }
}
