using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Tests;

/// <summary>Tries to find values that a digest is further off at than it says.</summary>
public class TDigestBoundTests
{
    public static TheoryData<string> AllForms() => [.. Forms.Names];

    [Theory]
    [MemberData(nameof(AllForms))]
    public void The_error_never_passes_its_bound(string form)
    {
        foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile))
        {
            foreach (int count in (int[])[500, 10_000])
            {
                double[] values = DataSets.Make(name, count);
                var exact = new PercentileCont(values);
                TDigest digest = Forms.Make(form, values, 100);
                for (int i = 0; i <= 50; i++)
                {
                    double q = i / 50.0, error = exact.RankError(q, digest.Quantile(q)) / count;
                    Assert.True(error <= digest.RankErrorBound(q) + (0.01 / count), $"{name}, {count}, q {q}: {error} > {digest.RankErrorBound(q)}");
                }
            }
        }
    }

    [Fact]
    public void The_bound_is_zero_where_the_answer_is_exact()
    {
        foreach (TDigest digest in Forms.All(DataSets.Make("few values", 3000), 100))
            for (int i = 0; i <= 100; i++)
                Assert.Equal(0, digest.RankErrorBound(i / 100.0));
    }

    /// <summary>
    /// A bound that holds only where values lie as a cell's curve has them holds by luck. Here they lie as far from it as a cell's ends allow, in trees of
    /// merges of digests that are written, read from bytes or arrays, and added to again.
    /// </summary>
    [Fact]
    public void The_error_never_passes_its_bound_wherever_the_values_hide_in_their_cells()
    {
        double tightest = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var values = new List<double>();
            TDigest digest = Tree(random, values, depth: random.Next(4));
            var exact = new PercentileCont(values);
            foreach (TDigest form in (TDigest[])[digest, Forms.Recoded(digest), Forms.FromArrays(digest), Forms.Recoded(Forms.FromArrays(digest)), Forms.FromArrays(Forms.Recoded(digest))])
            {
                Assert.Equal(values.Count, form.Count);
                for (int i = 0; i <= 100; i++)
                {
                    double q = i <= 50 ? i / 50.0 : random.NextDouble(), bound = form.RankErrorBound(q);
                    double error = exact.RankError(q, form.Quantile(q)) / values.Count;
                    Assert.True(error <= bound + (1e-6 / values.Count), $"seed {seed}, q {q}: {error * values.Count} > {bound * values.Count} ranks");
                    if (bound > 0) tightest = Math.Max(tightest, error / bound);
                }
            }
        }
        // Else the search would have been too tame to find anything.
        Assert.InRange(tightest, 0.9, 1.000001);
    }

    private static TDigest Tree(Random random, List<double> values, int depth)
    {
        int compression = random.Next(3) switch { 0 => 20, 1 => 50, _ => 100 };
        if (depth == 0)
            return Flooded(random, values, compression);
        var parts = new TDigest[random.Next(1, 5)];
        for (int i = 0; i < parts.Length; i++)
        {
            TDigest part = Tree(random, values, random.Next(depth));
            parts[i] = random.Next(5) switch { 0 or 1 => Forms.Recoded(part), 2 => Forms.FromArrays(part), _ => part };
        }
        TDigest merged = TDigest.Merge(parts, compression);
        for (int more = random.Next(2) * random.Next(3000); more > 0; more--)
            Add(merged, values, Draw(0, random));
        return merged;
    }

    /// <summary>First values that make cells, then floods of values right beside one end or the other of some of these.</summary>
    private static TDigest Flooded(Random random, List<double> values, int compression)
    {
        var digest = new TDigest(compression);
        int kind = random.Next(5);
        for (int rounds = random.Next(1, 4); rounds > 0; rounds--)
        {
            double shift = random.Next(3) == 0 ? (random.NextDouble() - 0.5) * 3000 : 0;
            for (int more = random.Next(1, 3000); more > 0; more--)
                Add(digest, values, Draw(kind, random) + shift);
            Cell[] cells = [.. digest.View().Runs.SelectMany(run => run.Cells.ToArray()).Where(cell => !cell.IsPure)];
            if (cells.Length == 0)
                continue;
            int some = random.Next(1, cells.Length + 1), side = random.Next(3);
            for (int more = random.Next(4) == 0 ? 0 : random.Next(100, 6000); more > 0; more--)
            {
                Cell cell = cells[random.Next(some) * (cells.Length / some)];
                bool low = side == 2 ? random.Next(2) == 0 : side == 0;
                Add(digest, values, low ? Math.BitIncrement(cell.Low) : Math.BitDecrement(cell.High));
            }
        }
        return digest;
    }

    private static void Add(TDigest digest, List<double> values, double value)
    {
        digest.Add(value);
        values.Add(value);
    }

    private static double Draw(int kind, Random random) => kind switch
    {
        0 => Math.Exp(7 + DataSets.Normal(random)),
        1 => Math.Round(100 * Math.Exp(DataSets.Normal(random))),
        2 => random.NextDouble() - 0.5,
        3 => Math.Pow(10, (40 * random.NextDouble()) - 20) * (random.Next(2) == 0 ? 1 : -1),
        _ => random.Next(50) * (random.Next(10) == 0 ? random.NextDouble() : 1),
    };
}
