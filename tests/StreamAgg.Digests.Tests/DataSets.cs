namespace StreamAgg.Digests.Tests;

/// <summary>The distributions and orders that the digest is tried on, each from a fixed seed.</summary>
internal static class DataSets
{
    public static readonly string[] Continuous = ["log-normal", "uniform", "normal", "exponential", "pareto", "bimodal"];

    public static readonly string[] Hostile =
        ["sorted", "reversed", "outside in", "zigzag", "organ-pipe", "magnitudes", "half zeros", "clusters", "gap at p97", "moving", "micros", "few values"];

    public static double[] Make(string name, int count, int seed = 1)
    {
        var random = new Random(seed);
        var values = new double[count];
        for (int i = 0; i < count; i++)
            values[i] = Value(name, i, count, random);
        if (name is "sorted" or "reversed") Array.Sort(values);
        if (name == "reversed") Array.Reverse(values);
        return values;
    }

    /// <summary>
    /// Durations in microseconds, log-normal around a second but for a share of slow ones: all at 30 s (a timeout) where the spread is 0, else log-normal around 45 s.
    /// Where the share is about one in a hundred, the distribution jumps beside p99.
    /// </summary>
    public static double[] Jump(double share, double spread, int count, int seed)
    {
        var random = new Random(seed);
        var values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = Math.Round(
                random.NextDouble() >= share ? 1e6 * Math.Exp(0.8 * Normal(random))
                : spread == 0 ? 30e6 + (2000 * random.NextDouble())
                : 45e6 * Math.Exp(spread * Normal(random)));
        }
        return values;
    }

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double Value(string name, int i, int count, Random random) => name switch
    {
        "log-normal" => Math.Exp(7 + Normal(random)),
        "uniform" or "sorted" or "reversed" => random.NextDouble(),
        "normal" => Normal(random),
        "exponential" => -Math.Log(1 - random.NextDouble()),
        "pareto" => Math.Pow(1 - random.NextDouble(), -1 / 1.5),
        "bimodal" => random.NextDouble() < 0.3 ? 100 + (10 * Normal(random)) : 300 + (40 * Normal(random)),
        "outside in" => i % 2 == 0 ? i : count - i,
        "zigzag" => (i % 2 == 0 ? 1.0 : -1.0) * i,
        "organ-pipe" => Math.Min(i, count - i),
        "magnitudes" => Math.Pow(10, (600 * random.NextDouble()) - 300),
        "half zeros" => random.NextDouble() < 0.5 ? 0 : Math.Exp(Normal(random)),
        "clusters" => random.Next(20) + (1e-12 * random.NextDouble()),
        "gap at p97" => random.NextDouble() < 0.97 ? random.NextDouble() : 1000 + random.NextDouble(),
        "moving" => (i / (count / 10 + 1) * 0.7) + random.NextDouble(),
        "micros" => Math.Round(1e6 * Math.Exp(0.5 + Normal(random))),
        "few values" => random.Next(90) * 1.5,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}
