namespace StreamAgg.Simulation.Time;

/// <summary>A member's own clock: its monotonic part is virtual time, its calendar is off by a skew. Timers fire as steps of the process.</summary>
internal sealed class MemberClock(Scheduler scheduler, SimProcess process, DateTimeOffset start, TimeSpan skew) : TimeProvider
{
    public override long TimestampFrequency => 1_000_000;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => scheduler.NowMicros;

    public override DateTimeOffset GetUtcNow() => start + skew + TimeSpan.FromMicroseconds(scheduler.NowMicros);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(scheduler, process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(Scheduler scheduler, SimProcess process, TimerCallback callback, object? state) : ITimer
    {
        private int generation;
        private TimeSpan period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            this.period = period;
            int current = ++generation;
            if (dueTime != Timeout.InfiniteTimeSpan)
                scheduler.After(process, dueTime.Ticks / TimeSpan.TicksPerMicrosecond, () => Fire(current));
            return true;
        }

        public void Dispose() => generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int current)
        {
            if (current != generation)
                return;
            if (period > TimeSpan.Zero)
                scheduler.After(process, period.Ticks / TimeSpan.TicksPerMicrosecond, () => Fire(current));
            callback(state);
        }
    }
}
