namespace StreamAgg.Pipeline.Members;

/// <summary>Exponential delays, half fixed and half jitter, from 100 ms up to 10 s: what failed together does not come back together.</summary>
/// <param name="random">0 (inclusive) to 1 (exclusive); injected so that a run can be replayed. Called on any thread.</param>
public sealed class Backoff(Func<double> random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(10);

    /// <param name="attempt">0 for the first failure.</param>
    public TimeSpan Delay(int attempt)
    {
        double ceiling = Math.Min(Cap.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 20)));
        return TimeSpan.FromMilliseconds((0.5 + (0.5 * random())) * ceiling);
    }
}

/// <summary>When what failed may be tried again: the later, the more often it has failed in a row. On one thread.</summary>
internal sealed class NextAttempt(TimeProvider time, Backoff backoff)
{
    private long notBefore = time.GetTimestamp();
    private int failures;

    public bool IsDue => time.GetTimestamp() >= notBefore;

    public void Failed() => notBefore = time.GetTimestamp() + (long)(backoff.Delay(failures++).TotalSeconds * time.TimestampFrequency);

    public void Succeeded() => failures = 0;
}
