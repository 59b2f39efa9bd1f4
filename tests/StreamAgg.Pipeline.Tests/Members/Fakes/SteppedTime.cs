namespace StreamAgg.Pipeline.Tests.Members.Fakes;

/// <summary>A clock that moves when a test says so. Nothing that waits for it is ever woken: tests step and call again.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ticks;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 5, 10, 0, 0, TimeSpan.Zero) + TimeSpan.FromTicks(ticks);

    public void Step(TimeSpan by) => ticks += by.Ticks;
}
