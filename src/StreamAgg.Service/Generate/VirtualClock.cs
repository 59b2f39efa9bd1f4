using StreamAgg.Core.Time;

namespace StreamAgg.Service.Generate;

/// <summary>A clock that plays days in seconds. It stands until it is started, and never goes back. Safe from any thread.</summary>
/// <param name="speed">Virtual seconds a second; more than 0.</param>
internal sealed class VirtualClock(TimeProvider wall, Instant start, double speed)
{
    private readonly Lock gate = new();
    private long? startedAt;
    private Instant? stoppedAt;

    public Instant Now
    {
        get
        {
            lock (gate)
                return stoppedAt ?? (startedAt is { } since ? start + (wall.GetElapsedTime(since) * speed) : start);
        }
    }

    public void Start()
    {
        lock (gate)
            startedAt ??= wall.GetTimestamp();
    }

    /// <summary>Stands still from here on, at <paramref name="time"/> or where it is, whichever is later.</summary>
    public void StopAt(Instant time)
    {
        var now = Now;
        lock (gate)
            stoppedAt = Instant.Max(time, now);
    }
}
