namespace StreamAgg.Core.Digests;

public sealed partial class TDigest
{
    /// <summary>The final form as plain arrays, as the SQL sketch tables hold it.</summary>
    public DigestCentroids ToCentroids()
    {
        StoredForm form = Count == 0 ? StoredForm.Empty : StoredForm.Estimated(View().Recut(Compression), Compression);
        return new DigestCentroids(
            Compression,
            Array.ConvertAll(form.Cells, static cell => cell.Mean),
            Array.ConvertAll(form.Cells, static cell => cell.Weight),
            Array.ConvertAll(form.Cells, static cell => cell.IsPure),
            Min,
            Max)
        { BoundaryDoubt = form.Doubt };
    }

    /// <summary>The digest that <see cref="ToCentroids"/> describes; false, and an empty digest, where the arrays contradict each other.</summary>
    public static bool TryFromCentroids(DigestCentroids centroids, out TDigest digest)
    {
        (int compression, double[] means, long[] weights, bool[] pure, double min, double max) = centroids;
        if (compression is >= MinCompression and <= MaxCompression && means.Length <= compression
            && centroids.BoundaryDoubt >= 0 && weights.Length == means.Length && pure.Length == means.Length
            && TryAssemble(compression, means, weights, pure, centroids.BoundaryDoubt, out digest)
            && digest.Min.Equals(min) && digest.Max.Equals(max))
            return true;
        digest = new TDigest();
        return false;
    }

    private static bool TryAssemble(
        int compression, ReadOnlySpan<double> means, ReadOnlySpan<long> weights, ReadOnlySpan<bool> pure, double boundaryDoubt,
        out TDigest digest)
    {
        digest = new TDigest();
        long count = 0;
        for (int i = 0; i < means.Length; i++)
        {
            bool end = i == 0 || i == means.Length - 1;
            if (!double.IsFinite(means[i]) || weights[i] < 1 || weights[i] > long.MaxValue - count)
                return false;
            // A single value cannot differ from itself, and the ends are the minimum and the maximum.
            if (!pure[i] && (end || weights[i] == 1))
                return false;
            if (i > 0 && !(means[i - 1] < means[i] || (means[i - 1] == means[i] && !(pure[i - 1] && pure[i]))))
                return false;
            count += weights[i];
        }
        Cell[] estimate = EdgeEstimate.ToCells(means, weights, pure);
        BoundaryDoubt.Add(estimate, compression, boundaryDoubt);
        digest = new TDigest(compression);
        digest.Keep(estimate);
        digest.settledCount = count;
        digest.estimated = digest.written = true;
        return true;
    }
}
