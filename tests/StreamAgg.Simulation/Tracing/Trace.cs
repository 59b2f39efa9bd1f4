using System.Globalization;
using StreamAgg.Simulation.Time;

namespace StreamAgg.Simulation.Tracing;

/// <summary>What happened, for a person. Off in ordinary runs: a seed that fails is run again with it on.</summary>
internal sealed class Trace(Scheduler scheduler, DatabaseClock clock, bool isOn)
{
    public bool IsOn { get; } = isOn;

    public List<string> Lines { get; } = [];

    /// <summary>Call only where <see cref="IsOn"/>, so that an ordinary run builds no text.</summary>
    public void Write(string who, string what) => Lines.Add(string.Create(
        CultureInfo.InvariantCulture, $"{scheduler.NowMicros / 1e6,11:F6}s {clock.Now.ToUtcDateTime():MM-dd HH:mm:ss} {who,-10} {what}"));
}
