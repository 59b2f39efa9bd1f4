using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Demo;

/// <summary>What somebody sees of a demonstration: nothing, lines, or a live table.</summary>
internal interface IDemoView
{
    void Started(string url, DemoOptions options);

    /// <summary>Shows progress until <paramref name="work"/> has ended, asking for a new picture whenever it likes.</summary>
    Task WatchAsync(Func<Task<DemoPicture>> look, Task work);

    void Ended(DemoOutcome outcome);
}

/// <summary>A demonstration at one instant.</summary>
/// <param name="Rows">Hourly rows, the newest last.</param>
internal sealed record DemoPicture(
    string Phase, Instant Now, long ProducedCount, double ElapsedSeconds, StatusReport Status, IReadOnlyList<PublishedRow> Rows)
{
    public double EventsPerSecond => ElapsedSeconds > 0 ? ProducedCount / ElapsedSeconds : 0;
}

/// <summary>For <c>--json</c>: standard output belongs to the JSON.</summary>
internal sealed class SilentDemoView : IDemoView
{
    public void Started(string url, DemoOptions options)
    {
        // Nothing but the JSON is written.
    }

    public Task WatchAsync(Func<Task<DemoPicture>> look, Task work) => work;

    public void Ended(DemoOutcome outcome)
    {
        // The verb prints it.
    }
}
