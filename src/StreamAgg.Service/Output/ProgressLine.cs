using System.Globalization;

namespace StreamAgg.Service.Output;

/// <summary>
/// One line that tells how far a long work is, how fast, and when it will be done: over and over where a person looks, else every ten seconds.
/// On standard error. Safe from any thread.
/// </summary>
/// <param name="terminal">Where it is written.</param>
/// <param name="what">What is counted, in the plural.</param>
/// <param name="clock">Of the rate.</param>
internal sealed class ProgressLine(Terminal terminal, string what, TimeProvider clock) : IDisposable
{
    private const int BarWidth = 24;

    private readonly long startedAt = clock.GetTimestamp();
    private readonly Lock gate = new();
    private long shownAt;
    private bool isOpen;

    /// <summary>Shows it where the last showing is a while ago.</summary>
    /// <param name="done">So many are done.</param>
    /// <param name="total">So many there are; 0 where nobody knows.</param>
    /// <param name="note">What else there is to tell.</param>
    public void Tell(long done, long total, string note = "")
    {
        long now = (long)clock.GetElapsedTime(startedAt).TotalMilliseconds;
        if (now - Volatile.Read(ref shownAt) < (terminal.IsErrorWatched ? 200 : 10_000))
            return;
        lock (gate)
        {
            shownAt = now;
            double rate = done * 1000.0 / Math.Max(now, 1), share = total > 0 ? Math.Min(1, (double)done / total) : 0;
            string left = total > done && rate > 0 ? $", {Shown(TimeSpan.FromSeconds((total - done) / rate))} left" : "";
            string line = string.Create(CultureInfo.InvariantCulture,
                $"{done:#,0}{(total > 0 ? $" of {total:#,0}" : "")} {what}, {rate:#,0}/s{left}{note}");
            if (terminal.IsErrorWatched)
                terminal.Error.Write($"\r[{new string('#', (int)(share * BarWidth)).PadRight(BarWidth, '.')}] {line}\e[K");
            else
                terminal.Error.WriteLine(line);
            isOpen = terminal.IsErrorWatched;
        }
    }

    /// <summary>Leaves the line as it stands and begins a new one.</summary>
    public void Dispose()
    {
        if (isOpen)
            terminal.Error.WriteLine();
    }

    private static string Shown(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min"
        : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds} s"
        : $"{time.Seconds} s";
}
