namespace StreamAgg.Service.Generate;

/// <summary>Holds somebody to so many a second: never faster over the whole run, with no burst after a pause of more than a second.</summary>
internal sealed class Pace(double perSecond, TimeProvider clock)
{
    private static readonly TimeSpan LongestDebt = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(5);

    private long since = clock.GetTimestamp();
    private double doneSeconds;

    /// <summary>Waits until <paramref name="count"/> more are due.</summary>
    public async Task WaitAsync(int count, CancellationToken stop)
    {
        doneSeconds += count / perSecond;
        var ahead = TimeSpan.FromSeconds(doneSeconds) - clock.GetElapsedTime(since);
        if (ahead > ShortestWait)
            await Task.Delay(ahead, clock, stop);
        if (ahead < -LongestDebt)
        {
            since = clock.GetTimestamp();
            doneSeconds = 0;
        }
    }
}
