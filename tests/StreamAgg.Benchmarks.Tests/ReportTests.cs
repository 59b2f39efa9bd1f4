using System.Text.Json;
using StreamAgg.Benchmarks.Reporting;

namespace StreamAgg.Benchmarks.Tests;

public sealed class ReportTests
{
    private static readonly Ratios Half = Ratios.Parse("""{"bench": {"ours / theirs": 0.5}}""");

    [Theory]
    [InlineData(0.4, true)]
    [InlineData(0.574, true)]
    [InlineData(0.576, false)]
    public void A_median_past_15_percent_above_the_committed_ratio_fails(double ratio, bool isPassed)
    {
        var report = new Report("bench", Half);
        report.Ratio("ours / theirs", [9 * ratio, 10 * ratio, 500], [9, 10, 10]);
        Assert.Equal(isPassed, report.IsPassed);
        Assert.Equal(!isPassed, Text(report).Contains("committed: 0.50: WORSE", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_run_is_divided_by_the_one_that_was_made_beside_it()
    {
        var report = new Report("bench", Half);
        report.Ratio("ours / theirs", [1, 4, 2], [2, 8, 4]);
        Figure ratio = Assert.Single(report.Ratios);
        Assert.Equal((0.5, 0.5, 0.5), (ratio.Least, ratio.Median, ratio.Most));
    }

    [Fact]
    public void A_ratio_that_nobody_has_committed_fails_nothing_and_neither_does_a_slow_time()
    {
        var report = new Report("another", Half);
        report.Ratio("ours / theirs", [7], [1]);
        report.Section("times");
        report.Add("ours / theirs", [1e9], "ns");
        Assert.True(report.IsPassed);
    }

    [Fact]
    public void A_goal_is_of_the_median_and_may_be_a_least_one()
    {
        var report = new Report("bench", Half);
        report.Section("rates");
        report.Add("met", [1, 5, 9], "", Goal.AtLeast(5));
        Assert.True(report.IsPassed);
        report.Add("missed", [1, 5, 9], "", Goal.AtMost(4));
        Assert.False(report.IsPassed);
        Assert.Contains("NOT MET", Text(report), StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_s_ratios_come_first()
    {
        var report = new Report("bench", Half);
        report.Section("times");
        report.Add("a time", [1], "ns");
        report.Ratio("ours / theirs", [1], [2]);
        string text = Text(report);
        Assert.True(text.IndexOf("ours / theirs", StringComparison.Ordinal) < text.IndexOf("a time", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_committed_are_ratios_above_zero()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "ratios.json")));
        var ratios = file.RootElement.EnumerateObject().SelectMany(benchmark => benchmark.Value.EnumerateObject()).ToList();
        Assert.NotEmpty(ratios);
        Assert.All(ratios, ratio => Assert.True(ratio.Value.GetDouble() > 0, ratio.Name));
    }

    private static string Text(Report report)
    {
        using var text = new StringWriter();
        ReportText.Write(text, report);
        return text.ToString();
    }
}
