namespace StreamAgg.Benchmarks.Digests;

/// <summary>The merging digest as the paper describes it, to be measured against: sort the buffer, merge by k1 (arc sine), interpolate between means.</summary>
internal sealed class TextbookDigest(double compression)
{
    private readonly double[] buffer = new double[1280];
    private readonly List<(double Mean, double Weight)> centroids = [];
    private int buffered;
    private double count;
    private double min = double.PositiveInfinity;
    private double max = double.NegativeInfinity;

    public int Length => centroids.Count;

    public void Add(double value)
    {
        if (buffered == buffer.Length) Flush();
        buffer[buffered++] = value;
    }

    public void Merge(TextbookDigest other)
    {
        Flush();
        other.Flush();
        min = Math.Min(min, other.min);
        max = Math.Max(max, other.max);
        Compress([.. centroids, .. other.centroids]);
    }

    public double Quantile(double q)
    {
        Flush();
        double target = q * count, before = 0, lastMiddle = 0, lastMean = min;
        foreach ((double mean, double weight) in centroids)
        {
            double middle = before + (weight / 2);
            if (target <= middle)
                return lastMean + ((mean - lastMean) * (target - lastMiddle) / (middle - lastMiddle));
            (lastMiddle, lastMean) = (middle, mean);
            before += weight;
        }
        return lastMean + ((max - lastMean) * (target - lastMiddle) / (count - lastMiddle));
    }

    private void Flush()
    {
        if (buffered == 0) return;
        var all = new List<(double Mean, double Weight)>(centroids);
        for (int i = 0; i < buffered; i++)
        {
            all.Add((buffer[i], 1));
            min = Math.Min(min, buffer[i]);
            max = Math.Max(max, buffer[i]);
        }
        buffered = 0;
        Compress(all);
    }

    private void Compress(List<(double Mean, double Weight)> all)
    {
        all.Sort(static (a, b) => a.Mean.CompareTo(b.Mean));
        count = all.Sum(static c => c.Weight);
        centroids.Clear();
        (double mean, double weight) = all[0];
        double before = 0, limit = Limit(0);
        for (int i = 1; i < all.Count; i++)
        {
            if (before + weight + all[i].Weight <= limit * count)
            {
                weight += all[i].Weight;
                mean += (all[i].Mean - mean) * all[i].Weight / weight;
                continue;
            }
            centroids.Add((mean, weight));
            before += weight;
            limit = Limit(before / count);
            (mean, weight) = all[i];
        }
        centroids.Add((mean, weight));
    }

    private double Limit(double q)
    {
        double k = (compression / (2 * Math.PI) * Math.Asin((2 * q) - 1)) + 1;
        return k >= compression / 4 ? 1 : (Math.Sin(k * 2 * Math.PI / compression) + 1) / 2;
    }
}
