namespace StreamAgg.Kafka.Tests.Log;

/// <summary>The machine's clock, on which time also passes when a test says so.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long shifted;

    public override long GetTimestamp() => System.GetTimestamp() + Interlocked.Read(ref shifted);

    public void Shift(TimeSpan by) => Interlocked.Add(ref shifted, (long)(by.TotalSeconds * TimestampFrequency));

    /// <summary>What waits on this clock waits no time, and has waited on it.</summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > TimeSpan.Zero)
            Shift(dueTime);

        return System.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
    }
}
