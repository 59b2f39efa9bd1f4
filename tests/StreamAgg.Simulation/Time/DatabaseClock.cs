using StreamAgg.Core.Time;

namespace StreamAgg.Simulation.Time;

/// <summary>The one clock that decides on hours. It may run faster than the members' own: a day passes in a minute of their work.</summary>
internal sealed class DatabaseClock(Scheduler scheduler, Instant start, int speed)
{
    private long aheadTicks;

    public Instant Start { get; } = start;

    public Instant Now => new(Start.UnixTicks + aheadTicks + (scheduler.NowMicros * TimeSpan.TicksPerMicrosecond * speed));

    /// <summary>Forward only: the database's clock is assumed never to run backwards.</summary>
    public void Jump(TimeSpan ahead) => aheadTicks += ahead.Ticks;

    public void JumpTo(Instant time)
    {
        if (time > Now)
            aheadTicks += (time - Now).Ticks;
    }
}
