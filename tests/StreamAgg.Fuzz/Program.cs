using System.Globalization;
using StreamAgg.Fuzz;
using StreamAgg.Fuzz.Targets;

// What strangers may write is read by four readers: each is given its kept inputs, then as many mutated ones as are asked for.
long count = 200_000;
int seed = 1;
for (int i = 0; i < args.Length; i += 2)
{
    string value = i + 1 < args.Length ? args[i + 1] : "";
    bool isKnown = args[i] switch
    {
        "--count" => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count <= 1_000_000_000_000,
        "--seed" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out seed),
        _ => false,
    };
    if (!isKnown)
    {
        Console.Error.WriteLine("usage: [--count N] [--seed S]   (N inputs, 200,000 by default, shared by all readers; seed 1)");
        return 2;
    }
}

Func<Target>[] targets = [() => new RecordTarget(), () => new ScannerTarget(new RecordTarget()), () => new ShapeTarget(), () => new DigestTarget(), () => new LetterTarget()];
int failed = 0;
foreach (Func<Target> target in targets)
    failed += Campaign.Run(target, count / targets.Length, seed) ? 0 : 1;
Console.WriteLine($"{targets.Length - failed} passed, {failed} failed, 0 skipped");
return failed == 0 ? 0 : 1;
