using System.Globalization;

namespace StreamAgg.Benchmarks.Reporting;

/// <summary>A report for a person: ratios first.</summary>
internal static class ReportText
{
    public static void Write(TextWriter to, Report report)
    {
        to.WriteLine($"\n{report.Benchmark}");
        foreach (string setting in report.Settings)
            to.WriteLine("  " + setting);
        if (report.Ratios.Count > 0)
            WriteSection(to, new Section("Ratios, pairs made in turns: median (least to most)", [.. report.Ratios]));
        foreach (Section section in report.Sections.Where(section => section.Figures.Count > 0))
            WriteSection(to, section);
    }

    /// <summary>What a median is beside its goal and beside what was committed.</summary>
    public static string Verdict(Figure figure)
    {
        string verdict = "";
        if (figure.Goal is { } goal)
        {
            string met = goal.IsStretchMet(figure.Median) ? "stretch met" : figure.IsGoalMet ? "met" : "NOT MET";
            string stretch = goal.Stretch is { } best ? $" (stretch {Number(best)})" : "";
            verdict = $"  goal: {Number(goal.Bound)} {(goal.IsLeast ? "at least" : "at most")}{stretch}: {met}";
        }

        if (figure.Committed is { } committed)
            verdict += $"  committed: {Number(committed)}{(figure.IsRegression ? ": WORSE" : "")}";
        return verdict;
    }

    private static void WriteSection(TextWriter to, Section section)
    {
        to.WriteLine($" {section.Title}");
        foreach (Figure figure in section.Figures)
        {
            string spread = figure.Runs.Count > 1 ? $" ({Number(figure.Least)} to {Number(figure.Most)})" : "";
            to.WriteLine($"  {figure.Name,-64}{Number(figure.Median),11} {figure.Unit}{spread}{Verdict(figure)}");
        }
    }

    private static string Number(double value) => value.ToString(
        Math.Abs(value) switch { >= 100 or 0 => "#,0", >= 10 => "0.0", >= 0.1 => "0.00", _ => "0.0000" }, CultureInfo.InvariantCulture);
}
