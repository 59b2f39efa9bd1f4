using System.Globalization;
using StreamAgg.Model;

// A filter picks worlds by a part of their name; --trace prints how a violation comes about.
bool hasTrace = args.Contains("--trace");
string filter = args.FirstOrDefault(static arg => !arg.StartsWith("--", StringComparison.Ordinal)) ?? "";
int passed = 0, failed = 0;

foreach (Rules rules in Worlds.Holding)
    Judge(rules, shouldHold: true);
foreach (Rules rules in Worlds.Broken)
    Judge(rules, shouldHold: false);

Console.WriteLine($"{passed} passed, {failed} failed, 0 skipped");
return failed == 0 ? 0 : 1;

void Judge(Rules rules, bool shouldHold)
{
    if (!rules.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))
        return;
    var explorer = new Explorer(rules);
    explorer.Explore();
    bool isAsExpected = shouldHold ? explorer.Violation is null && explorer.IsExhausted : explorer.Violation is not null;
    if (isAsExpected)
        passed++;
    else
        failed++;
    string verdict = explorer.Violation is { } violation ? $"broken: {violation}" : explorer.IsExhausted ? "holds" : "not exhausted";
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{(isAsExpected ? "  " : "! ")}{(shouldHold ? "protocol" : "without ")} {rules.Name,-58} {explorer.States,9} states {explorer.Elapsed.TotalSeconds,5:F1} s  {verdict}"));
    if (!hasTrace && isAsExpected)
        return;
    foreach (string step in explorer.Trace)
        Console.WriteLine($"      {step}");
}
