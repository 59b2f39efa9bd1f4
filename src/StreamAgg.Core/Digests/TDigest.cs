using System.Buffers.Binary;

namespace StreamAgg.Core.Digests;

/// <summary>Placeholder that keeps every distinct value: the contract's shape, to be replaced in full.</summary>
public sealed class TDigest
{
    private readonly SortedDictionary<double, long> values = [];

    public TDigest(int compression = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(compression, 20);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(compression, 1000);
        Compression = compression;
    }

    public int Compression { get; }

    public long Count { get; private set; }

    public double Min => Count == 0 ? double.NaN : values.First().Key;

    public double Max => Count == 0 ? double.NaN : values.Last().Key;

    public void Add(double value) => Add(value, 1);

    public void Add(double value, long weight)
    {
        values[value] = values.GetValueOrDefault(value) + weight;
        Count += weight;
    }

    public double Quantile(double q)
    {
        if (Count == 0) return double.NaN;
        double rank = q * (Count - 1);
        long low = (long)Math.Floor(rank);
        double a = At(low), b = At(Math.Min(low + 1, Count - 1));
        return a + ((b - a) * (rank - low));
    }

    private double At(long rank)
    {
        foreach (var (value, weight) in values)
        {
            if (rank < weight) return value;
            rank -= weight;
        }
        return Max;
    }

    public double Cdf(double value) => Count == 0 ? double.NaN : values.Where(v => v.Key <= value).Sum(v => (double)v.Value) / Count;

    public static TDigest Merge(ReadOnlySpan<TDigest> digests, int compression)
    {
        var merged = new TDigest(compression);
        foreach (var digest in digests)
            foreach (var (value, weight) in digest.values)
                merged.Add(value, weight);
        return merged;
    }

    public int EncodedLength => 4 + (values.Count * 16);

    public int Encode(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, Compression);
        int at = 4;
        foreach (var (value, weight) in values)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(destination[at..], value);
            BinaryPrimitives.WriteInt64LittleEndian(destination[(at + 8)..], weight);
            at += 16;
        }
        return at;
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, out TDigest digest)
    {
        digest = new TDigest(BinaryPrimitives.ReadInt32LittleEndian(bytes));
        for (int at = 4; at < bytes.Length; at += 16)
            digest.Add(BinaryPrimitives.ReadDoubleLittleEndian(bytes[at..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[(at + 8)..]));
        return true;
    }

    public void Clear()
    {
        values.Clear();
        Count = 0;
    }

    /// <summary>The centroids in their final, compacted form, as the sketch tables hold them.</summary>
    public DigestCentroids ToCentroids() => new(Compression, [.. values.Keys], [.. values.Values], [.. values.Values.Select(_ => true)], Min, Max);

    /// <summary>The digest that <see cref="ToCentroids"/> describes; false where the arrays contradict each other.</summary>
    public static bool TryFromCentroids(DigestCentroids centroids, out TDigest digest)
    {
        digest = new TDigest(centroids.Compression);
        for (int i = 0; i < centroids.Means.Length; i++)
            digest.Add(centroids.Means[i], centroids.Weights[i]);
        return true;
    }
}
