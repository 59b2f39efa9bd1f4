using StreamAgg.Benchmarks.Digests;
using StreamAgg.Benchmarks.Pipeline;

// Not a benchmark: how one produces what it reads, in a process of its own.
if (args is [PipelineBenchmark.BacklogVerb, .. var backlog])
    return PipelineBenchmark.ProduceBacklog(backlog);

// Each benchmark prints its numbers beside their goals and returns false where one that must be met is not.
var benchmarks = new Dictionary<string, Func<bool>>(StringComparer.Ordinal)
{
    ["digest"] = DigestBenchmark.Run,
    ["pipeline"] = PipelineBenchmark.Run,
};

string[] names = args.Length == 0 ? [.. benchmarks.Keys] : args;
if (Array.Find(names, name => !benchmarks.ContainsKey(name)) is { } unknown)
{
    Console.Error.WriteLine($"There is no benchmark `{unknown}`; there are: {string.Join(", ", benchmarks.Keys)}.");
    return 2;
}

bool met = true;
foreach (string name in names)
    met &= benchmarks[name]();
return met ? 0 : 4;
