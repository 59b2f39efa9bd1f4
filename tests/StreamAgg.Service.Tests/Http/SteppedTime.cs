namespace StreamAgg.Service.Tests.Http;

/// <summary>Moves when a test says so.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ticks;

    public void Move(TimeSpan by) => ticks += by.Ticks;
}
