using System.Globalization;
using StreamAgg.Benchmarks.Decoding;
using StreamAgg.Benchmarks.Digests;
using StreamAgg.Benchmarks.Pipeline;
using StreamAgg.Benchmarks.Query;

// Not a benchmark: the broker that one reads from, in a process of its own.
if (args is [BacklogBroker.Verb])
    return await BacklogBroker.HoldAsync();

// Nor this: what `pipeline` measures the memory of.
if (args is [ManyPlatforms.Verb, var connection, var platforms, var records])
    return await ManyPlatforms.RunAsync(connection, int.Parse(platforms, CultureInfo.InvariantCulture), int.Parse(records, CultureInfo.InvariantCulture));

// Nor this: what `baseline` measures the CPU of.
if (args is [ReaderProcess.Verb, var kind, var group, var broker, var server])
    return await ReaderProcess.RunAsync(kind, group, broker, server);

// Each benchmark prints its numbers beside their goals and returns false where one that must be met is not.
var benchmarks = new Dictionary<string, Func<bool>>(StringComparer.Ordinal)
{
    ["decode"] = DecodeBenchmark.Run,
    ["digest"] = DigestBenchmark.Run,
    ["pipeline"] = PipelineBenchmark.Run,
    ["baseline"] = BaselineBenchmark.Run,
    ["query"] = QueryBenchmark.Run,
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
