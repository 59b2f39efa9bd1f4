namespace StreamAgg.Digests.Tests;

/// <summary>The ways in which a digest of the same values comes about: each must answer within the same bounds.</summary>
internal static class Forms
{
    public static readonly string[] Names =
        ["added", "encoded", "centroids", "merged", "merged and encoded", "merged twice", "folded", "day", "trimmed", "rested"];

    public static IEnumerable<TDigest> All(double[] values, int compression) => Names.Select(name => Make(name, values, compression));

    public static TDigest Make(string form, double[] values, int compression) => form switch
    {
        "added" => Added(values, compression),
        "encoded" => Recoded(Added(values, compression)),
        "centroids" => FromArrays(Added(values, compression)),
        "merged" => Merged(values, compression, 64),
        "merged and encoded" => Recoded(Merged(values, compression, 64)),
        "folded" => Folded(values, compression, 24),
        "day" => FromArrays(TDigest.Merge([.. values.Chunk((values.Length / 24) + 1).Select(hour => FromArrays(Merged(hour, compression, 4)))], compression)),
        "merged twice" => TDigest.Merge([.. Days(values, compression)], compression),
        "trimmed" => Trimmed(values, compression),
        "rested" => values.Chunk((values.Length / 20) + 1).Aggregate(new TDigest(compression), static (digest, chunk) => Recoded(Added(digest, chunk))),
        _ => throw new ArgumentOutOfRangeException(nameof(form), form, null),
    };

    public static TDigest Added(IEnumerable<double> values, int compression) => Added(new TDigest(compression), values);

    private static IEnumerable<double> Dealt(double[] values, int part, int parts)
    {
        for (int i = part; i < values.Length; i += parts)
            yield return values[i];
    }

    private static TDigest Added(TDigest digest, IEnumerable<double> values)
    {
        foreach (double value in values)
            digest.Add(value);
        return digest;
    }

    public static TDigest Recoded(TDigest digest)
    {
        return TDigest.TryDecode(digest.ToBytes(), out TDigest decoded) ? decoded : throw new InvalidOperationException("refused its own bytes");
    }

    public static TDigest FromArrays(TDigest digest) =>
        TDigest.TryFromCentroids(digest.ToCentroids(), out TDigest read) ? read : throw new InvalidOperationException("refused its own centroids");

    /// <summary>So many partitions, each folded into what those before it have come to.</summary>
    public static TDigest Folded(double[] values, int compression, int parts)
    {
        var all = new TDigest(compression);
        for (int part = 0; part < parts; part++)
            all = Recoded(TDigest.Merge([all, Recoded(Added(Dealt(values, part, parts), compression))], compression));
        return all;
    }

    /// <summary>Trimmed again and again, as by a checkpoint every few seconds.</summary>
    private static TDigest Trimmed(double[] values, int compression)
    {
        var digest = new TDigest(compression);
        foreach (double[] chunk in values.Chunk(37))
        {
            Added(digest, chunk);
            digest.Trim();
        }
        return digest;
    }

    /// <summary>Dealt out to so many partitions, each written and read, merged.</summary>
    public static TDigest Merged(double[] values, int compression, int parts) =>
        TDigest.Merge([.. Enumerable.Range(0, parts).Select(p => Recoded(Added(Dealt(values, p, parts), compression)))], compression);

    /// <summary>24 hours one after the other, each merged from 24 partitions and written.</summary>
    private static IEnumerable<TDigest> Days(double[] values, int compression)
    {
        int hour = (values.Length / 24) + 1;
        return values.Chunk(hour).Select(chunk => Recoded(Merged(chunk, compression, 24)));
    }
}
