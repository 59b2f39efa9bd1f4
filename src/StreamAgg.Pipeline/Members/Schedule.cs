namespace StreamAgg.Pipeline.Members;

/// <summary>When a member's next checkpoint is due, by a monotonic clock, and how long it waits after one that failed.</summary>
internal sealed class Schedule(TimeProvider time, Backoff backoff, TimeSpan interval)
{
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    private readonly NextAttempt attempt = new(time, backoff);
    private long lastCheckpoint = time.GetTimestamp();
    private long? lastStatus;
    private bool again;

    public bool IsCheckpointDue() => again || time.GetElapsedTime(lastCheckpoint) >= interval;

    public bool IsAttemptAllowed() => attempt.IsDue;

    public void CheckpointStarted()
    {
        lastCheckpoint = time.GetTimestamp();
        again = false;
    }

    /// <param name="again">True where a part was left over that can be written at once.</param>
    public void Succeeded(bool again)
    {
        attempt.Succeeded();
        this.again |= again;
    }

    public void Failed()
    {
        again = true;
        attempt.Failed();
    }

    public bool IsStatusDue()
    {
        if (lastStatus is { } at && time.GetElapsedTime(at) < StatusInterval)
            return false;
        lastStatus = time.GetTimestamp();
        return true;
    }
}
