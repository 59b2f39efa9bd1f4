using StreamAgg.Digests;

namespace StreamAgg.Postgres.Tests;

/// <summary>Digests of every shape that an hour of durations can have, in whole microseconds, from a seed.</summary>
internal static class SketchKinds
{
    public static readonly string[] All = ["one", "few", "constant", "ties", "many", "merged", "bimodal", "wide", "half zeros", "coarse"];

    public static DigestCentroids Make(string kind, Random random)
    {
        if (kind != "merged")
            return Fill(kind, random).ToCentroids();
        TDigest[] parts = [Fill("many", random), Fill("few", random), Fill("bimodal", random), Fill("ties", random)];
        return TDigest.Merge(parts, 100).ToCentroids();
    }

    private static TDigest Fill(string kind, Random random)
    {
        var digest = new TDigest(kind == "coarse" ? 20 : 100);
        int count = kind switch { "one" => 1, "few" => random.Next(2, 60), _ => random.Next(500, 8000) };
        double scale = 50_000 * (1 + random.NextDouble());
        for (int i = 0; i < count; i++)
            digest.Add(Math.Max(0, Math.Round(Value(kind, scale, random))));
        return digest;
    }

    private static double Value(string kind, double scale, Random random) => kind switch
    {
        "constant" => 250_000,
        // Four values hold most of it, the rest lies in between.
        "ties" => random.NextDouble() < 0.8 ? random.Next(1, 5) * 100_000 : random.NextDouble() * 500_000,
        "bimodal" => random.NextDouble() < 0.3 ? scale + (scale / 20 * Normal(random)) : (10 * scale) + (scale * Normal(random)),
        // Nine decimal orders of magnitude: cells whose mean is nearly all their last value's.
        "wide" => random.Next(50) == 0 ? 0 : Math.Pow(10, 9 * random.NextDouble()),
        "half zeros" => random.NextDouble() < 0.5 ? 0 : scale * Math.Exp(Normal(random)),
        _ => scale * Math.Exp(Normal(random)),
    };

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
