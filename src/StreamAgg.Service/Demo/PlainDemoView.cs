namespace StreamAgg.Service.Demo;

/// <summary>A line every few seconds, for a log or a pipe.</summary>
internal sealed class PlainDemoView(TextWriter output) : IDemoView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    public void Started(string url, DemoOptions options) => output.WriteLine(DemoSummary.Start(url, options));

    public async Task WatchAsync(Func<Task<DemoPicture>> look, Task work)
    {
        while (await Task.WhenAny(work, Task.Delay(Interval)) != work)
            await output.WriteLineAsync(DemoSummary.Progress(await look()));
        await work;
    }

    public void Ended(DemoOutcome outcome) => output.WriteLine(DemoSummary.End(outcome));
}
