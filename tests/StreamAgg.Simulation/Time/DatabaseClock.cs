using StreamAgg.Core.Time;

namespace StreamAgg.Simulation.Time;

/// <summary>The one clock that decides on hours. It may run faster than the members' own: a day passes in a minute of their work.</summary>
internal sealed class DatabaseClock(Scheduler scheduler, Instant start, int speed)
{
    private readonly List<(long SinceMicros, long AheadTicks)> jumps = [(0, 0)];

    public Instant Start { get; } = start;

    public Instant Now => At(scheduler.NowMicros, jumps[^1].AheadTicks);

    /// <summary>The latest time that it ever said.</summary>
    public Instant Latest { get; private set; } = Instant.MinValue;

    /// <summary>Forward, or backward: another server took over, or somebody set the clock.</summary>
    public void Jump(TimeSpan ahead)
    {
        Latest = Instant.Max(Latest, Now);
        jumps.Add((scheduler.NowMicros, jumps[^1].AheadTicks + ahead.Ticks));
    }

    public void JumpTo(Instant time)
    {
        if (time > Now)
            Jump(time - Now);
    }

    public bool HasSaid(Instant time) => time <= Now || time <= Latest;

    /// <summary>When, in virtual time, the clock first stood at or after the time.</summary>
    public long FirstReachedMicros(Instant time)
    {
        for (int i = 0; i < jumps.Count; i++)
        {
            var (since, ahead) = jumps[i];
            long until = i + 1 < jumps.Count ? jumps[i + 1].SinceMicros : scheduler.NowMicros;
            if (At(until, ahead) >= time)
                return Math.Max(since, ((time - At(0, ahead)).Ticks / TimeSpan.TicksPerMicrosecond / speed));
        }
        return scheduler.NowMicros;
    }

    private Instant At(long micros, long aheadTicks) => new(Start.UnixTicks + aheadTicks + (micros * TimeSpan.TicksPerMicrosecond * speed));
}
