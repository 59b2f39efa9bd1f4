using System.Text.Json;

namespace StreamAgg.Benchmarks.Reporting;

/// <summary>Reports for programs: one document.</summary>
internal static class ReportJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string Of(Machine machine, IEnumerable<Report> reports) => JsonSerializer.Serialize(
        new
        {
            Machine = machine,
            Benchmarks = reports.Select(static report => new
            {
                report.Benchmark,
                report.Settings,
                Passed = report.IsPassed,
                Ratios = report.Ratios.Select(FigureOf),
                Sections = report.Sections.Select(static section => new { section.Title, Figures = section.Figures.Select(FigureOf) }),
            }),
        },
        Options);

    private static object FigureOf(Figure figure) => new
    {
        figure.Name,
        figure.Unit,
        figure.Median,
        figure.Least,
        figure.Most,
        figure.Runs,
        Goal = figure.Goal is { } goal ? new { AtLeast = goal.IsLeast, goal.Bound, goal.Stretch, Met = figure.IsGoalMet } : null,
        figure.Committed,
        Regression = figure.IsRegression,
    };
}
