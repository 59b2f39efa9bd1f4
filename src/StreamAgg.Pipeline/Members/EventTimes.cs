using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Members;

/// <summary>The largest event time of a partition that the database's clock has reached.</summary>
/// <remarks>
/// A time that lies ahead of the clock does not count: with one event of tomorrow the watermark would follow the clock from then on, and hours
/// would be published while hours of records are unread. It counts once the clock has come to it. Of those ahead the smallest is kept: where
/// all gateways are a minute ahead, the largest would be replaced again and again before its time has come.
/// </remarks>
internal sealed class EventTimes
{
    private Instant latest = Instant.MinValue;
    private Instant next = Instant.MaxValue;

    /// <summary>Null before the first.</summary>
    public Instant? Latest => latest == Instant.MinValue ? null : latest;

    /// <summary>The one question that every event asks: few of them are later than all before.</summary>
    public bool IsLater(Instant time) => time > latest;

    /// <param name="time">Of an event that <see cref="IsLater"/>.</param>
    /// <param name="now">The database's.</param>
    /// <returns>False where it lies ahead and does not count yet.</returns>
    public bool Reach(Instant time, Instant now)
    {
        if (time <= now)
        {
            latest = time;
            return true;
        }

        Pass(now);
        next = Instant.Min(next, time);
        return false;
    }

    /// <summary>The clock has come this far.</summary>
    public void Pass(Instant now)
    {
        if (next > now)
            return;
        latest = Instant.Max(latest, next);
        next = Instant.MaxValue;
    }
}
