using Spectre.Console;
using Spectre.Console.Rendering;

namespace StreamAgg.Service.Demo;

/// <summary>A table that a person watches: rows appear as their hours close.</summary>
internal sealed class LiveDemoView(IAnsiConsole console) : IDemoView
{
    /// <summary>What stands above and below the rows: borders and heading, two lines of progress, five of the start, three of the end.</summary>
    private const int OtherLines = 14;

    private const string Label = "Platform";
    private const int MinShownRows = 6;
    private const int MaxShownRows = 40;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);

    private bool isTimed;

    public void Started(string url, DemoOptions options)
    {
        isTimed = options.Wall is not null;
        console.MarkupLineInterpolated($"[bold]{DemoSummary.Start(url, options)}[/]");
    }

    public async Task WatchAsync(Func<Task<DemoPicture>> look, Task work)
    {
        await console.Live(new Text("")).AutoClear(false).StartAsync(async live =>
        {
            while (true)
            {
                bool isDone = await Task.WhenAny(work, Task.Delay(Interval)) == work;
                if (!work.IsFaulted)
                    live.UpdateTarget(Render(await look(), console.Profile.Height));
                if (isDone)
                    break;
            }
        });
        await work;
    }

    public void Ended(DemoOutcome outcome)
    {
        console.MarkupLineInterpolated($"[bold {(outcome.Differences.Count == 0 ? "green" : "red")}]{DemoSummary.End(outcome)}[/]");
        if (isTimed)
            console.MarkupLine(DemoSummary.Again);
    }

    /// <summary>The rows that fit on the screen. Where they are too wide for it, the label gives way: all else are figures.</summary>
    internal static Rows Render(DemoPicture picture, int screenLines)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (string column in DemoSummary.Columns)
        {
            bool isText = column is "Hour" or Label;
            table.AddColumn(new TableColumn(new Text(column)) { Alignment = isText ? Justify.Left : Justify.Right, NoWrap = column != Label });
        }

        foreach (var row in picture.Rows.TakeLast(Math.Clamp(screenLines - OtherLines, MinShownRows, MaxShownRows)))
            table.AddRow(DemoSummary.Cells(row).Select(cell => (IRenderable)new Text(cell) { Overflow = Overflow.Ellipsis }));
        return new Rows(table, new Text(DemoSummary.Progress(picture)));
    }
}
