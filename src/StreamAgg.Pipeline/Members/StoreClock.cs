using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Members;

/// <summary>The database's time as told last, and as much later as has passed since by the monotonic clock. On the member's thread only.</summary>
internal sealed class StoreClock(TimeProvider time)
{
    private ToldTime told = new(Instant.MinValue, 0);

    /// <summary>As of the last <see cref="Look"/>; before the first answer no time has come yet.</summary>
    public Instant Now { get; private set; } = Instant.MinValue;

    public void Told(ToldTime answer)
    {
        told = answer;
        Look();
    }

    /// <summary>Once a poll is enough: a clock call an event would cost more than the event.</summary>
    public void Look()
    {
        if (told.Now != Instant.MinValue)
            Now = told.Now + time.GetElapsedTime(told.Timestamp);
    }
}

/// <param name="Now">What the database said.</param>
/// <param name="Timestamp">Monotonic, when its answer had come: so what is reckoned from it never runs ahead of the database.</param>
internal readonly record struct ToldTime(Instant Now, long Timestamp)
{
    public static async Task<ToldTime> AskAsync(MemberServices services, CancellationToken cancellation) =>
        new(await services.Store.NowAsync(cancellation), services.Time.GetTimestamp());
}
