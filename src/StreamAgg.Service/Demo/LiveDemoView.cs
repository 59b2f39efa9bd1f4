using Spectre.Console;
using Spectre.Console.Rendering;

namespace StreamAgg.Service.Demo;

/// <summary>A table that a person watches: rows appear as their hours close.</summary>
internal sealed class LiveDemoView(IAnsiConsole console) : IDemoView
{
    private const int ShownRows = 16;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);

    public void Started(string url, DemoOptions options) => console.MarkupLineInterpolated($"[bold]{DemoSummary.Start(url, options)}[/]");

    public async Task WatchAsync(Func<Task<DemoPicture>> look, Task work)
    {
        await console.Live(new Text("")).AutoClear(false).StartAsync(async live =>
        {
            while (true)
            {
                bool isDone = await Task.WhenAny(work, Task.Delay(Interval)) == work;
                if (!work.IsFaulted)
                    live.UpdateTarget(Render(await look()));
                if (isDone)
                    break;
            }
        });
        await work;
    }

    public void Ended(DemoOutcome outcome) =>
        console.MarkupLineInterpolated($"[bold {(outcome.Differences.Count == 0 ? "green" : "red")}]{DemoSummary.End(outcome)}[/]");

    private static Rows Render(DemoPicture picture)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (string column in DemoSummary.Columns)
            table.AddColumn(new TableColumn(new Text(column)) { Alignment = column is "Hour" or "Platform" ? Justify.Left : Justify.Right, NoWrap = true });
        foreach (var row in picture.Rows.TakeLast(ShownRows))
            table.AddRow(DemoSummary.Cells(row).Select(cell => (IRenderable)new Text(cell)));
        return new Rows(table, new Text(DemoSummary.Progress(picture)));
    }
}
