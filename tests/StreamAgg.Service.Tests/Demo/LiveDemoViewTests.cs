using Spectre.Console;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Service.Demo;
using StreamAgg.Service.Reports;
using Xunit;

namespace StreamAgg.Service.Tests.Demo;

public sealed class LiveDemoViewTests
{
    private static readonly Instant Now = Instant.FromUtc(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
    private static readonly Instant Start = Instant.FromUtc(new DateTime(2026, 1, 6, 23, 0, 0, DateTimeKind.Utc));

    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    public void The_table_keeps_its_right_border_and_its_figures_with_the_widest_rows_there_are(int columns, int lines)
    {
        object?[] widest = [9_999_999L, 9_000_000L, 999_999L, 1L, 1L, 1L, 86_400_000.0, 86_400_000.0, 100.0, Now];
        string[] shown = Render(columns, lines, new PublishedRow(Start, new string('w', 50), widest));

        Assert.All(shown, line => Assert.True(line.Length <= columns, line));
        string[] table = [.. shown.Where(line => line.Length > 0 && "╭│├╰".Contains(line[0], StringComparison.Ordinal))];
        Assert.All(table, line => Assert.Contains(line[^1], "╮│┤╯"));
        Assert.All(table, line => Assert.Equal(table[0].Length, line.Length));
        string row = Assert.Single(table, line => line.Contains("01-06 23:00", StringComparison.Ordinal));
        Assert.Contains("9,999,999", row, StringComparison.Ordinal);
        Assert.Contains("86,400,000", row, StringComparison.Ordinal);
        Assert.Contains("100.0", row, StringComparison.Ordinal);
    }

    [Fact]
    public void The_picture_fits_on_the_screen()
    {
        object?[] figures = [10L, 9L, 1L, 1L, 0L, 0L, 12.5, 80.0, 10.0, Now];
        var rows = Enumerable.Range(0, 200).Select(i => new PublishedRow(Start, $"p{i}", figures)).ToArray();
        string[] shown = Render(80, 24, rows);
        Assert.InRange(shown.Length, 15, 20);
        Assert.Contains(shown, line => line.Contains("p199", StringComparison.Ordinal));
    }

    private static string[] Render(int columns, int lines, params PublishedRow[] rows)
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = columns;
        console.Profile.Capabilities.Unicode = true;
        var status = new StatusReport { Watermark = Now, OpenHours = 2, NextClose = Now };
        console.Write(LiveDemoView.Render(new DemoPicture("producing", Now, 1_234_567, 10, status, rows), lines));
        return output.ToString().TrimEnd().Split('\n');
    }
}
