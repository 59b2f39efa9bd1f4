using System.Globalization;
using StreamAgg.Benchmarks.Decoding;
using StreamAgg.Benchmarks.Digests;
using StreamAgg.Benchmarks.Pipeline;
using StreamAgg.Benchmarks.Query;
using StreamAgg.Benchmarks.Reporting;

// Not a benchmark: the broker that one reads from, in a process of its own.
if (args is [BacklogBroker.Verb, .. var shapes])
    return await BacklogBroker.HoldAsync(shapes.Select(BacklogShape.Parse));

// Nor this: what `pipeline` measures the memory of.
if (args is [ManyPlatforms.Verb, var connection, var platforms, var records])
    return await ManyPlatforms.RunAsync(connection, int.Parse(platforms, CultureInfo.InvariantCulture), int.Parse(records, CultureInfo.InvariantCulture));

// Nor this: what `baseline` measures the CPU of.
if (args is [ReaderProcess.Verb, var kind, var group, var broker, var server])
    return await ReaderProcess.RunAsync(kind, group, broker, server);

var benchmarks = new Dictionary<string, Func<Report, Task>>(StringComparer.Ordinal)
{
    ["decode"] = DecodeBenchmark.RunAsync,
    ["digest"] = DigestBenchmark.RunAsync,
    ["checkpoint"] = CheckpointBenchmark.RunAsync,
    ["pipeline"] = PipelineBenchmark.RunAsync,
    ["scale"] = ScaleBenchmark.RunAsync,
    ["baseline"] = BaselineBenchmark.RunAsync,
    ["query"] = QueryBenchmark.RunAsync,
};

const string JsonOption = "--json";
bool isJson = args.Contains(JsonOption);
string[] names = [.. args.Where(arg => arg != JsonOption)];
if (names.Length == 0)
    names = [.. benchmarks.Keys];
if (Array.Find(names, name => !benchmarks.ContainsKey(name)) is { } unknown)
{
    Console.Error.WriteLine($"There is no benchmark `{unknown}`; there are: {string.Join(", ", benchmarks.Keys)}; and {JsonOption}.");
    return 2;
}

var machine = Machine.Here();
if (!isJson)
    Console.WriteLine(machine);
var reports = new List<Report>();
foreach (string name in names)
{
    var report = new Report(name, Ratios.Committed());
    await benchmarks[name](report);
    reports.Add(report);
    if (!isJson)
        ReportText.Write(Console.Out, report);
}

if (isJson)
    Console.WriteLine(ReportJson.Of(machine, reports));
foreach (Report report in reports)
{
    foreach (Figure figure in report.Figures.Where(figure => !figure.IsGoalMet || figure.IsRegression))
        Console.Error.WriteLine($"{report.Benchmark}: {figure.Name}:{ReportText.Verdict(figure)}");
}

return reports.TrueForAll(report => report.IsPassed) ? 0 : 4;
